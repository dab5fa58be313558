"""Each letter wears the look of the community that it is about."""

import pytest

from gatherings.core.colours import ACCENTS
from tests.factories import dates_of, make_community, make_event, make_registration, make_series
from tests.factories import make_series_registration as come_every_month

pytestmark = pytest.mark.one_database("of looks")


def test_letters_wear_the_accent_of_their_community(session, mail):
    community = make_community(session, accent="plum")
    make_registration(session, make_event(session, community))
    series = make_series(session, community)
    come_every_month(session, dates_of(session, series)[0])
    for kind in ("confirmed", "series_confirmed"):
        assert f'bgcolor="{ACCENTS["plum"]["light"]}"' in mail(kind).html, kind


def test_a_letter_written_down_before_there_were_looks_wears_the_houses_own(session, mail, mails):
    make_registration(session, make_event(session, make_community(session, accent="plum")))
    row = mail("confirmed").row
    row.facts = {**row.facts, "community": {key: row.facts["community"][key] for key in ("name", "slug", "sender")}}
    assert f'bgcolor="{ACCENTS["ink"]["light"]}"' in mails("confirmed")[0].html
