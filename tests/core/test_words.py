"""Sentences for people: kept untranslated, filled in at the edge."""

import pytest

from gatherings.core.words import Sentence, say


def test_sentence_reads_in_english_with_its_values():
    assert str(say("Written by %(name)s.", name="Ada")) == "Written by Ada."
    assert str(say("%(count)d wait, %(name)s first.", count=3, name="Ada")) == "3 wait, Ada first."


def test_per_cent_sign_is_doubled_only_where_values_are_given():
    assert str(say("100 % kind")) == "100 % kind"
    assert str(say("%(share)s %% kind", share=100)) == "100 % kind"


def test_a_value_is_never_read_as_a_text_with_values():
    assert str(say("Dear %(name)s.", name="%(secret)s %s {0} %%")) == "Dear %(secret)s %s {0} %%."


def test_a_missing_value_is_an_error_and_no_odd_mail():
    with pytest.raises(KeyError):
        str(say("Dear %(name)s.", title="Dr"))


def test_sentences_are_compared_by_text_and_values():
    assert say("Dear %(name)s.", name="Ada") == Sentence("Dear %(name)s.", {"name": "Ada"})
    assert say("Dear %(name)s.", name="Ada") != say("Dear %(name)s.", name="Bo")
    assert say("One.") != say("Other.")


def test_a_sentence_cannot_be_changed_afterwards():
    with pytest.raises(AttributeError):
        say("One.").text = "Other."  # type: ignore[misc]
