"""The forms by which organisers register others: one by hand, many from a list."""

from typing import Any

import wtforms
from sqlalchemy.orm import Session

from gatherings.accounts.rules import normalise_address
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.payments.actions.giving_tickets import GUEST
from gatherings.questions.forms import ComingForm, fields_of, forget_unasked, mark, wish_field
from gatherings.questions.models import Question
from gatherings.questions.queries import list_questions
from gatherings.questions.rules import possible, sides_of
from gatherings.questions.types import base
from gatherings.registration.forms import answers_of
from gatherings.registration.listing import sells
from gatherings.registration.rules import Wanted
from gatherings.tickets.queries.kinds import find_sale, kinds_of
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField, read_name
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import language_now, words

_TOLD = say("Please tell them of the code of kindness first, then tick this.")


class _Unneeded:
    """A question whose answer may stay empty: an organiser need not know it."""

    required = False

    def __init__(self, question: Question) -> None:
        self._question = question

    def __getattr__(self, name: str) -> Any:
        return getattr(self._question, name)


class _ByHandForm(ComingForm):
    """Register somebody by hand."""

    name = CleanField("", read_name, id="name")
    email = CleanField("", normalise_address, id="email")
    zone = ZoneField("", id="zone")
    told = wtforms.BooleanField("", id="told")


def by_hand_form(session: Session, event: Event) -> Any:
    """Make the form that registers somebody by hand, with what was sent if this is a POST."""
    questions: list[Any] = [_Unneeded(one) for one in possible(list_questions(session, event), sides_of(event.mode))]
    fields = fields_of(questions)
    if event.mode == "hybrid":
        fields["wish"] = wish_field()
    full = [("wait", _("They wait for a place like everybody else")), ("over", _("One place more, for them"))]
    fields["full"] = ChoiceField("", choices=full, default="wait", id="full")
    tell = [("yes", _("Send them the invite")), ("no", _("No mail: I tell them myself"))]
    fields["mail"] = ChoiceField("", choices=tell, default="yes", id="mail")
    if sells(event):
        fields |= _ticket_fields(session, event)
    form: Any = type("ByHandForm", (_ByHandForm,), fields)(data={"zone": event.zone})
    form.event = event
    form.asked = [(question, base.field_name(question)) for question in questions]
    form.wish_marks = mark(form, questions, wish_known=event.mode != "hybrid")
    usual = [("zone", event.zone), ("full", "wait"), ("mail", "yes"), *([("pay", GUEST)] if "pay" in form else [])]
    for name, value in usual:
        if not (form[name].data or "").strip():
            form[name].data = value
    return form


def _ticket_fields(session: Session, event: Event) -> dict[str, Any]:
    """Make the fields that ask for a ticket: any kind of the event, and how it is paid."""
    sale = find_sale(session, event.id)
    kinds = [(kind.public_id, kind.name) for kind in kinds_of(session, event.id)]
    ways = {"invoice": _("They get an invoice by mail"), "door": _("They pay at the door")}
    offered = [(way, said) for way, said in ways.items() if sale is not None and way in sale.ways.split()]
    pay = [(GUEST, _("Nothing: they are our guest")), *offered]
    return {
        "ticket": ChoiceField("", choices=[*kinds, ("", _("No ticket: they help, speak or host"))], id="ticket"),
        "pay": ChoiceField("", choices=pay, default=GUEST, id="pay"),
    }


def check_by_hand(form: Any) -> bool:
    """Validate everything at once."""
    form.validate()
    forget_unasked(form, [question for question, _name in form.asked], form.sides)
    if form.event.community.code_of_kindness and not form.told.data:
        form.told.errors = [words(_TOLD)]
    return not form.problems


def wanted_by_hand(form: Any) -> Wanted:
    """Give what a valid form asks for."""
    return Wanted(
        address=form.email.clean,
        name=form.name.clean,
        zone=form.zone.clean,
        language=language_now(),
        wish=form.wish.data if "wish" in form else None,
        answers=answers_of(form),
        code_agreed=bool(form.told.data),
        made_by="host",
        mail=form.mail.data == "yes",
    )


class ImportForm(PlainForm):
    """A list that is brought over: pasted, or kept between the look at it and the press."""

    text = wtforms.StringField("", id="text")
    file = wtforms.StringField("", id="file")  # for problems with the file; the file itself is in request.files
    wish = wtforms.StringField("", id="wish")
    mail = wtforms.StringField("", id="mail")
    told = wtforms.BooleanField("", id="told")
    key = wtforms.StringField("")

    def check(self, event: Event) -> bool:
        """Check what is chosen for the whole list."""
        self.mail.data = self.mail.data if self.mail.data in ("yes", "no") else "yes"
        self.wish.data = self.wish.data if self.wish.data in ("room", "online") else ""
        if event.community.code_of_kindness and not self.told.data:
            self.told.errors = [words(_TOLD)]
        return not self.problems
