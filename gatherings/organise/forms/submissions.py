"""Forms of the screens of submissions: a remark, the words of a letter."""

import wtforms

from gatherings.calls.actions.reviewing import LONGEST_REMARK
from gatherings.calls.rules.answers import LONGEST_BODY, LONGEST_SUBJECT, Words
from gatherings.core.text import clean_line, clean_text
from gatherings.core.tokens import PUBLIC_ID, new_public_id
from gatherings.organise.conflicts import pack
from gatherings.web.forms import CleanField, PlainForm
from gatherings.web.i18n import gettext as _


def _remark(typed: str) -> str:
    return clean_text(typed, least=1, most=LONGEST_REMARK)


def _subject(typed: str) -> str:
    return clean_line(typed, least=1, most=LONGEST_SUBJECT)


def _body(typed: str) -> str:
    return clean_text(typed, least=1, most=LONGEST_BODY)


class RemarkForm(PlainForm):
    """A remark; `key` is the public id that it is kept under, made with the form."""

    text = CleanField("", _remark, id="remark")
    key = wtforms.StringField("")

    @property
    def public_id(self) -> str:
        """Give the public id that the form came with; a new one where that is none."""
        typed = self.key.data or ""
        return typed if PUBLIC_ID.fullmatch(typed) and typed[0].isalnum() else new_public_id()


class WordsForm(PlainForm):
    """The words of a letter. `base`: what the form was opened with; `own`: whether there were any but ours."""

    subject = CleanField("", _subject, id="subject")
    body = CleanField("", _body, id="body")
    base = wtforms.StringField("")

    @classmethod
    def of(cls, words: Words, kept: Words | None) -> "WordsForm":
        """Open the form with words to change; `kept`: those that are kept at the moment, None for our own."""
        return cls(formdata=None, data={**words.facts, "base": pack(kept.facts) if kept is not None else ""})

    @property
    def words(self) -> Words:
        """Give what was written, cleaned."""
        return Words(self.subject.clean, self.body.clean)


def labels() -> dict[str, str]:
    """Name the fields as the form does: for showing what differs."""
    return {"subject": _("Subject"), "body": _("Letter")}
