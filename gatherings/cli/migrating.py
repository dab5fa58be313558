"""`gatherings db`: Flask-Migrate's commands."""

import click
from flask_migrate.cli import db

from gatherings.app import create_app

_migrate = db.callback


@click.pass_context
def _in_app(context: click.Context, /, **options: object) -> None:
    """Make the app and its context around flask-migrate's commands, which expect Flask's own group around them."""
    context.with_resource(create_app().app_context())
    if _migrate is not None:
        _migrate(**options)


db.callback = _in_app
