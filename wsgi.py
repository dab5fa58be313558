"""The WSGI app, for gunicorn and others: `gunicorn wsgi:app`."""

from gatherings.app import create_app

app = create_app()
