"""The form that orders tickets: on the event's page, and alone. Explicit fields; no price on it counts.

It grows in steps that a page without a script can take as well: how many of each kind, then whose they are.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import wtforms
from flask import request
from markupsafe import Markup
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person as Buyer
from gatherings.accounts.rules import Address, normalise_address
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.core.money import read_amount
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.events.rules import Door
from gatherings.payments.forms.choices import Choice, Person, choices_of, people_of
from gatherings.payments.forms.summing import Sum, sum_of
from gatherings.payments.queries.offer import Offer, read_offer
from gatherings.payments.rules.ordering import TicketWish
from gatherings.payments.rules.quoting import amount_problems, quote
from gatherings.payments.rules.refusing import code_problems, kind_problems, sum_problems, unused_notes, use_problems
from gatherings.registration.forms import RegisterForm, coming_form
from gatherings.tickets.models import Application, TicketKind
from gatherings.tickets.queries.kinds import kinds_on_application
from gatherings.web.forms import CleanField, read_name
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.markdown import render
from gatherings.web.money import money_typed

_BETWEEN_CODES = re.compile(r"[\s,;\x00-\x1f\x7f]+")  # no database takes a NUL, not even to look for it


class OrderForm(RegisterForm):
    """What ordering asks; `order_form` adds a number for each kind and the people of all tickets but the first."""

    sells: ClassVar[bool] = True

    codes = wtforms.StringField("", id="codes")
    others = wtforms.BooleanField("", id="others")
    key = wtforms.StringField("", id="key")
    grant = wtforms.StringField("", id="grant")

    offer: Offer
    choices: Sequence[Choice] = ()
    numbers: Mapping[str, int] = {}
    people: Sequence[Person] = ()
    now: datetime
    zone_of_reader: str | None = None
    bursaries: bool = False  # one can ask for a ticket that is given on application
    sum: Sum | None = None
    live: Sequence[str] = ()  # problems with what was chosen, beside the sum

    @property
    def currency(self) -> str:
        """The one currency of the sale."""
        return self.offer.sale.currency

    @property
    def terms(self) -> Markup | None:
        """Give what one agrees to by ordering, as HTML."""
        return render(self.offer.sale.terms) if self.offer.sale.terms else None

    @property
    def closed_words(self) -> str:
        """Say why nothing can be ordered now; "" where something can."""
        if self.door is not Door.OPEN:
            return self.door_words
        if not self.offer.open:
            return _("Tickets are not on sale at the moment.")
        return "" if any(choice.numbers for choice in self.choices) else _("Tickets are not on sale now.")

    @property
    def costs(self) -> bool:
        """Tell whether any ticket on the page may cost something."""
        return any(choice.price or choice.kind.price == "choose" for choice in self.choices)

    @property
    def waits(self) -> bool:
        """Tell whether what is chosen are tickets that one can only wait for."""
        chosen = [choice for choice in self.choices if self.numbers.get(choice.id)]
        return bool(chosen) and all(choice.waits for choice in chosen)

    @property
    def chosen(self) -> list[TicketKind]:
        """The kinds that were chosen, in their order."""
        return [choice.kind for choice in self.choices if self.numbers.get(choice.id)]

    @property
    def sides(self) -> frozenset[str]:
        """How the buyer comes, for questions that are asked of those in the room or online alone."""
        fixed = {kind.side for kind in self.chosen if kind.side}
        return super().sides | fixed if "wish" in self or not fixed else frozenset(fixed)

    @property
    def typed_codes(self) -> tuple[str, ...]:
        """Give the codes that were typed, several with blanks or commas between them."""
        return read_codes(self.codes.data)

    @property
    def unnamed(self) -> bool:
        """Tell whether the page has not asked yet all that it asks of such a choice: whose tickets, and which side."""
        asked = set(request.form.getlist("asked"))
        if "wish" in self and "wish" not in asked:
            return True
        return any(one.needed and one.id not in asked for one in self.people)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem, in the order of the page: tickets and codes come first."""
        found = super().problems
        return sorted(found, key=lambda one: not one[0].startswith(("n_", "amount_", "codes")))

    def take_problems(self, refusal: InvalidInput) -> None:
        """Put problems at their fields: those of the whole choice at its first kind, those of people at the first."""
        for problem in refusal.problems:
            name = problem.field
            if name == "tickets":
                name = next((f"n_{choice.id}" for choice in self.choices), "name")
            elif name == "code":
                name = "codes"
            elif name == "people":
                name = f"pe_{self.people[0].id}" if self.people else "email"
            field = self._fields.get(name, self.name)
            field.errors = [*field.errors, words(problem.sentence)]


def read_codes(typed: str | None) -> tuple[str, ...]:
    """Give the codes in a line, several with blanks or commas between them."""
    return tuple(code for code in _BETWEEN_CODES.split((typed or "")[:400]) if code)


def codes_sent() -> tuple[str, ...]:
    """Give the codes that this request names: those of its form, or of its address where it sends none.

    The one way to read them: what is counted as a guess is what is looked for. What comes with a GET is no form.
    """
    sent = request.form if request.method == "POST" else {}
    return read_codes(sent.get("codes") if sent else request.args.get("code"))


def order_form(
    session: Session,
    event: Event,
    zone: str | None,
    *,
    granted: Application | None = None,
    gone: Sequence[str] = (),
) -> OrderForm | None:
    """Make the form that orders tickets of an event, with what was sent if this is a POST; None where none are sold.

    `event` comes with its community and pools. `granted`: a bursary whose link was opened. `gone`: public ids of kinds
    that were to be had on the page and are not any more.
    """
    now, sent = utc_now(), request.form if request.method == "POST" else {}
    codes = codes_sent()
    offer = read_offer(session, event.id, codes, now=now, approved=granted.public_id if granted else None)
    if offer is None:
        return None
    choices = choices_of(offer, event, now=now, waited_for=gone)
    if granted is not None:
        choices = [choice for choice in choices if choice.kind.id == granted.kind_id]
    numbers = {choice.id: _number(choice, choices, sent) for choice in choices}
    others = bool(sent.get("others")) and granted is None
    people = people_of([choice.kind for choice in choices], numbers, others=others)
    data = {"codes": " ".join(codes), "key": new_public_id(), **_given(session, granted)}
    fields, sides = _fields(choices, people, offer), _sides_known(event, choices, numbers)
    form = coming_form(session, event, zone, OrderForm, fields, data=data, sides=sides)
    form.offer, form.choices, form.numbers, form.people, form.now = offer, choices, numbers, people, now
    form.zone_of_reader = zone
    form.bursaries = granted is None and _can_apply(session, event, now)
    _reckon(form)
    return form


def _can_apply(session: Session, event: Event, now: datetime) -> bool:
    return any(one.standing.state in ("open", "full") for one in kinds_on_application(session, event.id, now))


def _sides_known(event: Event, choices: Sequence[Choice], numbers: Mapping[str, int]) -> frozenset[str] | None:
    """Give the sides that the chosen kinds are for; None where the buyer is to say how they come to a hybrid event."""
    if event.mode != "hybrid":
        return None
    sides = {choice.kind.side for choice in choices if numbers[choice.id]}
    return None if "" in sides else frozenset(sides)


def _number(choice: Choice, choices: Sequence[Choice], sent: Mapping[str, str]) -> int:
    """Give how many of a kind are chosen: what was sent, else one where nothing else is to be had."""
    typed = sent.get(f"n_{choice.id}")
    if typed is not None:
        return int(typed) if re.fullmatch(r"[0-9]{1,4}", typed.strip()) else 0
    only = [one for one in choices if one.numbers] == [choice] and choice.state == "open"
    return next((number for number in choice.numbers if number), 0) if only and not sent else 0


def _given(session: Session, granted: Application | None) -> dict[str, Any]:
    if granted is None:
        return {}
    return {"name": granted.name, "email": session.get_one(Buyer, granted.person_id).address, "zone": granted.zone}


def _fields(choices: Sequence[Choice], people: Sequence[Person], offer: Offer) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for choice in choices:
        fields[f"n_{choice.id}"] = wtforms.StringField("", id=f"n_{choice.id}")
        fields[f"price_{choice.id}"] = wtforms.StringField("", default=str(choice.price))
        fields[f"waits_{choice.id}"] = wtforms.StringField("")
        if choice.kind.price == "choose":
            suggested = money_typed(choice.price, offer.sale.currency)
            fields[f"amount_{choice.id}"] = wtforms.StringField("", default=suggested, id=f"amount_{choice.id}")
    for person in people:
        fields[f"pn_{person.id}"] = CleanField("", _may_be_empty(read_name), id=f"pn_{person.id}")
        fields[f"pe_{person.id}"] = CleanField("", _may_be_empty(normalise_address), id=f"pe_{person.id}")
    return fields


def _may_be_empty(cleaner: Any) -> Any:
    return lambda typed: cleaner(typed) if typed.strip() else None


def _reckon(form: OrderForm) -> None:
    """Reckon what the choice comes to, and what is wrong with it so far; nothing where nothing is chosen."""
    offer, chosen = form.offer, {kind.public_id: form.numbers[kind.public_id] for kind in form.chosen}
    problems = [*kind_problems(offer, chosen), *code_problems(offer, now=form.now)]
    tickets = tickets_of(form)
    problems += amount_problems(offer.rows, tickets, now=form.now)
    form.live = [words(problem.sentence) for problem in problems]
    if not tickets or any(problem.field != "code" for problem in problems):
        return
    codes = offer.codes if not problems else ()
    quoted = quote(offer.rows, tickets, codes, offer.sale, now=form.now)
    refused = [*use_problems(offer, quoted), *sum_problems(quoted)]
    form.live = [*form.live, *(words(problem.sentence) for problem in refused)]
    notes = unused_notes(offer, list(chosen), now=form.now) if codes else []
    form.sum = sum_of(quoted, [offer.rows[ticket.kind] for ticket in tickets], notes)


def amount_of(form: OrderForm, choice: Choice) -> int | None:
    """Read what somebody wants to pay for a kind; None for what is no amount."""
    try:
        return read_amount(form[f"amount_{choice.id}"].data or "", form.currency)
    except ValueError:
        return None


def tickets_of(form: OrderForm) -> tuple[TicketWish, ...]:
    """Give the tickets that a form asks for; before it was validated the people in it are nobody's names."""
    buyer = (form.name.clean or "?", form.email.clean or Address("?", "?"))
    asked = {person.id: person for person in form.people}
    tickets = []
    for choice in form.choices:
        amount = amount_of(form, choice) if choice.kind.price == "choose" else None
        for number in range(1, form.numbers[choice.id] + 1):
            person = asked.get(f"{choice.id}_{number}")
            name, address = buyer
            if person is not None and form[f"pe_{person.id}"].clean is not None:
                name, address = form[f"pn_{person.id}"].clean or name, form[f"pe_{person.id}"].clean
            tickets.append(TicketWish(choice.id, name, address, amount))
    return tuple(tickets)
