"""Why a wish for tickets cannot be had as it is: one list of problems, for the form and for the act itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gatherings.core.errors import Problem
from gatherings.core.money import MOST_OF_ORDER
from gatherings.core.words import say
from gatherings.payments.rules.ordering import OrderWish
from gatherings.payments.rules.quoting import Quote, amount_problems, quote, together_refusal, unused_words, use_refusal
from gatherings.tickets.rules.limits import number_refusal, total_refusal
from gatherings.tickets.rules.pricing import price_of
from gatherings.tickets.rules.windows import code_refusal, kind_refusal, left_in, standing

GONE = say("Something that you chose is no longer offered. Please choose again.")


def wish_problems(offer: Any, wish: OrderWish, *, now: datetime) -> list[Problem]:
    """Name all that is wrong with a wish; `offer` is what the buyer is shown (payments/queries/offer.py).

    What is sold out is no problem here: places are asked for when they are taken. Numbers are counted over all lines,
    so that a kind named twice is limited as one named once.
    """
    if not wish.tickets:
        return [Problem("tickets", say("Please choose a ticket."))]
    numbers = Counter(ticket.kind for ticket in wish.tickets)
    problems = kind_problems(offer, numbers)
    if any(problem.sentence is GONE for problem in problems):
        return problems
    problems += amount_problems(offer.rows, wish.tickets, now=now)
    problems += _people_problems(wish)
    problems += shown_problems(offer, wish.shown, numbers, now=now)
    problems += code_problems(offer, now=now)
    if not problems:
        quoted = quote(offer.rows, wish.tickets, offer.codes, offer.sale, now=now)
        problems = use_problems(offer, quoted) + sum_problems(quoted)
    return problems


def kind_problems(offer: Any, numbers: Mapping[str, int]) -> list[Problem]:
    """Name what is wrong with the kinds and how many of each: gone, not on sale, too few, too many."""
    problems: list[Problem] = []
    for public_id, number in numbers.items():
        offered = offer.kinds.get(public_id)
        if offered is None:
            return [Problem("tickets", GONE)]
        kind, state = offered.kind, offered.standing.state
        refusal = kind_refusal(kind.name, state) if state != "full" else None
        refusal = refusal or number_refusal(kind, number)
        if kind.by_application and number > 1:
            refusal = refusal or say("“%(kind)s” is for one person.", kind=kind.name)
        if refusal is not None:
            problems.append(Problem(f"n_{public_id}", refusal))
    refusal = total_refusal(numbers)
    return [*problems, Problem("tickets", refusal)] if refusal is not None else problems


def _people_problems(wish: OrderWish) -> list[Problem]:
    """Name people who would have two tickets of one kind by this order."""
    seen: set[tuple[str, str]] = set()
    for ticket in wish.tickets:
        if (ticket.kind, ticket.address.key) in seen:
            return [
                Problem(
                    "people",
                    say(
                        "%(address)s is named twice for one kind of ticket. Each ticket is for one person, with an "
                        "e-mail address of their own.",
                        address=ticket.address.display,
                    ),
                )
            ]
        seen.add((ticket.kind, ticket.address.key))
    return []


def shown_problems(offer: Any, shown: Mapping[str, int], chosen: Mapping[str, int], *, now: datetime) -> list[Problem]:
    """Name kinds that cost something else by now than what stood on the page; nothing is ordered at another price."""
    problems = []
    for public_id in chosen:
        kind = offer.kinds[public_id].kind
        if kind.price != "choose" and public_id in shown and shown[public_id] != price_of(kind, now):
            problems.append(
                Problem(
                    f"n_{public_id}",
                    say("The price of “%(kind)s” has changed since. Please look at it again.", kind=kind.name),
                )
            )
    return problems


def code_problems(offer: Any, *, now: datetime) -> list[Problem]:
    """Name what is wrong with the codes that were typed, before it matters which tickets they are for."""
    problems = [
        Problem("code", say("We do not know the code %(code)s. Is it typed as you were given it?", code=code))
        for code in offer.unknown
    ]
    for code in offer.codes:
        refusal = code_refusal(code.code, standing(code, code.places, now).state)
        if refusal is not None:
            problems.append(Problem("code", refusal))
    refusal = together_refusal(offer.codes, offer.sale.stacking)
    return [*problems, Problem("code", refusal)] if refusal is not None and not problems else problems


def use_problems(offer: Any, quoted: Quote) -> list[Problem]:
    """Name codes that have fewer uses left than this order needs."""
    refusals = (use_refusal(code, quoted.uses_of(code), left_in(code.places)) for code in offer.codes)
    return [Problem("code", refusal) for refusal in refusals if refusal is not None]


def sum_problems(quoted: Quote) -> list[Problem]:
    """Name a sum that is more than can be kept: dear tickets, many of them, in a currency of small worth."""
    if max(quoted.total, quoted.discount) <= MOST_OF_ORDER:
        return []
    return [Problem("tickets", say("This is more than one order can come to. Please order in several parts."))]


def unused_notes(offer: Any, chosen: Sequence[str], *, now: datetime) -> list[Any]:
    """Say of each code that changes nothing of these tickets why: it is no problem, and nobody is to wonder."""
    kinds = [offer.kinds[public_id].kind for public_id in chosen]
    notes = (unused_words(code, kinds, now=now) for code in offer.codes)
    return [note for note in notes if note is not None] if kinds else []
