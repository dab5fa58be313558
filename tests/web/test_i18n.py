"""Sentences are translated at the edge, with what is in them."""

import pytest

from gatherings.core.words import say
from gatherings.web.i18n import LANGUAGES, words


@pytest.fixture(autouse=True)
def in_a_request(app):
    with app.test_request_context("/"):
        yield


def test_plain_texts_pass_through():
    assert words("100 % kind") == "100 % kind"


def test_a_sentence_is_filled_in():
    assert words(say("Written by %(name)s.", name="Ada")) == "Written by Ada."
    assert words(say("100 % kind")) == "100 % kind"
    assert words(say("%(share)s %% of %(name)s", share=5, name="Ada %(x)s")) == "5 % of Ada %(x)s"


def test_a_sentence_within_a_sentence_is_translated_too():
    inner = say("%(count)d people", count=3)
    assert words(say("There are %(who)s here.", who=inner)) == "There are 3 people here."


def test_templates_have_the_filter_and_escape_what_it_gives(app):
    made = app.jinja_env.from_string("{{ sentence|words }}", globals={})
    made.environment.autoescape = True
    assert made.render(sentence=say("Written by %(name)s.", name="Ada")) == "Written by Ada."
    page = app.jinja_env.overlay(autoescape=True).from_string("{{ sentence|words }}")
    assert page.render(sentence=say("Written by %(name)s.", name="<b>Ada</b>")) == "Written by &lt;b&gt;Ada&lt;/b&gt;."


def test_english_is_the_language_whatever_the_browser_asks_for(client):
    for asked in ("sv", "en-NZ,en;q=0.9", "", "x" * 5000, "../../etc/passwd"):
        page = client.get("/privacy", headers={"Accept-Language": asked})
        assert page.status_code == 200
        assert '<html lang="en">' in page.text
    assert LANGUAGES == ("en",)
