"""Reading the form that orders tickets: everything that is wrong in one go, then what is asked for."""

import re

from gatherings.accounts.rules import normalise_address
from gatherings.core.errors import InvalidInput
from gatherings.core.words import Sentence, say
from gatherings.payments.forms.order import OrderForm, amount_of, tickets_of
from gatherings.payments.rules.ordering import OrderWish
from gatherings.payments.rules.refusing import wish_problems
from gatherings.registration.forms import answers_of, check, consent_name
from gatherings.web.i18n import words

_AMOUNT = say("Please type an amount, such as 200 or 200.50.")
_NUMBER = say("Please choose how many.")
_WHOSE = say("Please say who comes with %(ticket)s: their name.")
_WHERE = say("Please say who comes with %(ticket)s: their e-mail address.")


def check_order(form: OrderForm) -> bool:
    """Validate everything at once; what is not asked of the buyer, who may not come, is forgotten."""
    good = check(form)
    if form.others.data:
        _forget_own(form)
    _check_numbers(form)
    for person in form.people:
        name, address = form[f"pn_{person.id}"], form[f"pe_{person.id}"]
        half = bool((name.data or "").strip()) != bool((address.data or "").strip())
        empty = not (name.data or "").strip() and not (address.data or "").strip()
        if not name.errors and not address.errors and (half or (empty and person.needed)):
            ticket = f"{person.kind.name} {person.number}" if person.many else person.kind.name
            for field, sentence in ((name, _WHOSE), (address, _WHERE)):
                if not (field.data or "").strip():
                    field.errors = [words(Sentence(sentence.text, {"ticket": ticket}))]
    if form.offer.application is not None and form.email.clean is not None:
        _check_granted(form)
    good = good and not form.problems
    if good or not (form.name.errors or form.email.errors or form.zone.errors):
        _take_refusals(form)
    return not form.problems


def _check_numbers(form: OrderForm) -> None:
    for choice in form.choices:
        typed = form[f"n_{choice.id}"]
        if typed.data and not re.fullmatch(r"\s*[0-9]{1,4}\s*", typed.data):
            typed.errors = [words(_NUMBER)]
        if choice.kind.price == "choose" and form.numbers[choice.id] and amount_of(form, choice) is None:
            form[f"amount_{choice.id}"].errors = [words(_AMOUNT)]


def _check_granted(form: OrderForm) -> None:
    there = form["email"].object_data
    if there and form.email.clean.key != normalise_address(there).key:
        form.email.errors = [words(say("This ticket was granted to %(address)s.", address=there))]


def _take_refusals(form: OrderForm) -> None:
    """Say at the fields what the action would refuse, so that it is told with all else, in one go."""
    if any(field.errors for field in form):
        return
    problems = wish_problems(form.offer, wish_of(form), now=form.now)
    if problems:
        form.take_problems(InvalidInput(problems))


def _forget_own(form: OrderForm) -> None:
    """Take the questions, the code of kindness and the consents for not asked: the buyer does not come."""
    for question in form.questions:
        question.forget()
    if "code_agreed" in form:
        form.code_agreed.errors = []


def wish_of(form: OrderForm, language: str = "en") -> OrderWish:
    """Give what a valid form asks for."""
    shown = {choice.id: form[f"price_{choice.id}"].data or "" for choice in form.choices}
    own = not form.others.data
    return OrderWish(
        name=form.name.clean,
        address=form.email.clean,
        zone=form.zone.clean,
        language=language,
        tickets=tickets_of(form),
        codes=form.typed_codes,
        side=form.wish.data if "wish" in form else None,
        answers=answers_of(form) if own else {},
        consents=frozenset(one.key for one in form.consent_texts if own and form[consent_name(one)].data),
        code_agreed=bool(own and "code_agreed" in form and form.code_agreed.data),
        # What is no number cannot have been shown: it is another price, and is told so.
        shown={kind: int(text) if re.fullmatch(r"[0-9]{1,12}", text) else -1 for kind, text in shown.items()},
        key=form.key.data or "",
        waiting=all(form[f"waits_{kind.public_id}"].data == "1" for kind in form.chosen),
        approved=form.offer.application.public_id if form.offer.application is not None else None,
    )
