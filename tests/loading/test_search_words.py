"""What a search looks at follows the files, and is filled for events that were there before it."""

from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from gatherings.db.session import db
from gatherings.events import search
from gatherings.events.models import Event
from tests.factories import make_event
from tests.loading.conftest import SMALL


def words_of_all(session):
    session.commit()
    return dict(session.execute(select(Event.slug, Event.search_text).order_by(Event.id)).all())


def test_words_follow_each_change_of_a_file(load_text, session):
    load_text()
    speaker = "\n    speakers:\n      - {name: Zoë Ærø, talk: Hälsa}\n    also_listed_by: [tea]"
    text = SMALL
    for old, new, word in (
        ("title: Summer tea", "title: Kūmara", " kumara "),
        ("name: Tea and Talk", "name: Whānau", " whanau "),
        ("title: First Monday", "title: Måndag", " mandag "),
        ("Tea from Darjeeling", "Tēs", " tes "),
        ("The garden,", "Łódź,", " lodz "),
        ("summary: In the garden.", f"summary: Out.{speaker.rsplit(chr(10), 1)[0]}", " zoe aero halsa "),
    ):
        text = text.replace(old, new)
        load_text(text)
        found = words_of_all(session)
        assert word in " ".join(found.values()), new
        search.renew(session, session.scalars(select(Event.id)))
        assert words_of_all(session) == found, new
    assert all(" mandag " in found[slug] for slug in found if slug.startswith("mondays"))


def test_the_migration_fills_the_words_of_events_that_were_there(app, load_demo, session):
    load_demo()
    make_event(session, title="Ærø’s “100%” Straße — Ёлка 李雷 が مُحَمَّد ٣ हिन्दी 한국어 İı 🌸", summary="Ǻ' \u0301ﬁ")
    before = words_of_all(session)
    session.close()
    assert len(before) > 40
    assert all(before.values())
    with app.app_context():
        db.session.remove()
        downgrade(revision="0001")
        db.engine.dispose()
        upgrade()
        db.engine.dispose()
    assert words_of_all(session) == before
