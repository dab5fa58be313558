"""`make bench`: what each page costs here, beside a bare Flask + SQLAlchemy app that does the same job."""
