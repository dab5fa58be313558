"""A town with a page in every state, in an installation that speaks pseudo languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.core.clock import utc_now
from gatherings.db.session import db
from gatherings.mail.models import OutboxMail
from gatherings.wiring import drains
from tests.browser.town import _Builder
from tests.databases import SqliteTemplate, make_app
from tests.languages.reading import Data

SETTINGS = {
    "GATHERINGS_LANGUAGES": "en,en-XA,ar-XB",
    "GATHERINGS_DEVELOPMENT": "1",
    "GATHERINGS_DEMO": "1",
    "CHANGE_MAIL_DELAY": "0",
}


@dataclass
class Hamlet:
    """The town without a server: its pages' paths by the names of their states, and what in it is data."""

    app: Flask
    paths: dict[str, str]
    data: Data

    @property
    def site(self) -> Site:
        """Give what the town's builder asks an installation for."""
        site: Site = self.app.config["GATHERINGS"].site
        return site


@pytest.fixture(scope="session")
def hamlet(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """Build the town once, with its mail written; what is said is the same on every database."""
    folder = tmp_path_factory.mktemp("hamlet")
    with sqlite_template.fresh(folder) as url:
        app = make_app(folder / "instance", url, **SETTINGS)
        with app.app_context():
            made = Hamlet(app, {}, Data(set()))
            with Session(db.engine, expire_on_commit=False) as session:
                made.paths = _Builder(made, session, utc_now()).paths()  # type: ignore[arg-type]  # app and site do
                session.commit()
            for drain in drains(app, app.config["GATHERINGS"]):
                drain("worker", utc_now() + timedelta(seconds=5))
            with Session(db.engine) as session:
                mail = session.query(OutboxMail).order_by(OutboxMail.id).first()
                assert mail is not None
                made.paths |= {"mailbox": "/mailbox", "mail": f"/mailbox/{mail.id}"}
                made.data = Data.of(session)
        yield made
        with app.app_context():
            db.engine.dispose()
