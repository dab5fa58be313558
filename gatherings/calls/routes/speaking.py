"""How long a text takes to speak: beside the form while one types, and on a page of its own."""

from collections.abc import Callable
from typing import Any

from babel import Locale
from flask import Response, request

from gatherings.calls.routes.blueprint import bp
from gatherings.calls.rules.speaking import PACE, PACES, Speaking, speaking_time
from gatherings.web.answers import answer
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import locale_now, ngettext, number_words
from gatherings.web.rights import public
from gatherings.web.times import length_words

SLOT = 180
_MOST = 60_000  # characters that are looked at: more than an hour of speaking
_BAR = 300  # units of the drawn bar


@bp.route("/speaking-time", methods=["GET", "POST"])
@public
def speaking() -> Response:
    """Tell how long a text takes to speak; nothing of it is kept."""
    sent = request.values if request.method == "GET" else request.form
    script = sent.get("script", "")[:_MOST] if request.method == "POST" else ""
    spoken = spoken_of(script, _length(sent.get("seconds") or sent.get("length")), _number(sent.get("pace"), PACE))
    response = answer("calls/speaking_time.html", "calls/_spoken.html", script=script, spoken=spoken, paces=PACES)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.app_template_global("spoken_of")
def spoken_of(text: str, slot: int, pace: int = PACE) -> dict[str, Any]:
    """Give a text's speaking time in words, and drawn: `said`, `room`, `tone`, and the bar's numbers."""
    time = speaking_time(text[:_MOST], slot, pace)
    longest = max(time.slot, time.seconds)
    return {
        "time": time,
        "tone": time.tone,
        "said": _said(time),
        "room": _room(time),
        "aloud": {"over": _("Too long for the slot."), "close": _("Just over the slot.")}.get(
            time.tone, _("It fits into the slot.")
        ),
        "bar": _BAR * time.seconds // longest,
        "mark": _BAR * time.slot // longest,
        "paces": PACES,
    }


def _said(time: Speaking) -> str:
    values = {"time": length_words(time.seconds), "pace": time.pace}
    if time.tone == "empty":
        return _("Write your words or notes, and this says how long they take to speak.")
    if time.characters is not None:
        return ngettext(
            "About %(time)s to speak: one character.",
            "About %(time)s to speak: %(num)s characters, at the pace of %(pace)s words a minute.",
            time.characters, **values,
        )  # fmt: skip
    return ngettext(
        "About %(time)s to speak: one word.",
        "About %(time)s to speak: %(num)s words, at %(pace)s a minute.",
        time.words, **values,
    )  # fmt: skip


def _room(time: Speaking) -> str:
    """Say how that stands to the slot."""
    slot = length_words(time.slot)
    match time.tone:
        case "empty":
            return _("Your slot is %(slot)s long.", slot=slot)
        case "notes":
            return _("Your slot is %(slot)s long. If these are notes, the timer tells you more.", slot=slot)
        case "fits" if time.left == 0:
            return _("That fills your %(slot)s to the second.", slot=slot)
        case "fits":
            return _("It fits: %(left)s of your %(slot)s are left.", left=length_words(time.left), slot=slot)
        case "close":
            return _("That is %(slot)s and a breath more. Try it aloud.", slot=slot)
    return _too_long(time)


def _too_long(time: Speaking) -> str:
    if time.over == 60:
        if time.characters is not None:
            return ngettext(
                "That is a minute too long: about one character.",
                "That is a minute too long: about %(num)s characters.",
                time.cut,
            )
        return ngettext(
            "That is a minute too long: about one word.", "That is a minute too long: about %(num)s words.", time.cut
        )
    much = length_words(time.over)
    if time.characters is not None:
        return ngettext(
            "That is %(much)s too long: about one character.",
            "That is %(much)s too long: about %(num)s characters.",
            time.cut, much=much,
        )  # fmt: skip
    return ngettext(
        "That is %(much)s too long: about one word.",
        "That is %(much)s too long: about %(num)s words.",
        time.cut,
        much=much,
    )


@bp.app_template_global("rehearsal_words")
def rehearsal_words() -> dict[str, Any]:
    """Give what the rehearsal timer says: its script puts in the numbers ({time}, {num}), by the plural's form."""
    return {
        "minute": _("One minute left"),
        "half": _("30 seconds left"),
        "over": _("Time. Come to your end."),
        "took": _("You took %(time)s.", time="{time}"),
        "exact": _("You took %(time)s: exactly your slot.", time="{time}"),
        "over_long": _("You took %(time)s; %(over)s over.", time="{time}", over="{over}"),
        "left_long": _("You took %(time)s; %(left)s left.", time="{time}", left="{over}"),
        "over_short": _forms(
            lambda number: ngettext(
                "You took %(time)s; one second over.", "You took %(time)s; %(num)s seconds over.", number, time="{time}"
            )
        ),
        "left_short": _forms(
            lambda number: ngettext(
                "You took %(time)s; one second left.", "You took %(time)s; %(num)s seconds left.", number, time="{time}"
            )
        ),
    }


def _forms(say: Callable[[int], str]) -> dict[str, str]:
    """Give a sentence that counts in each of the language's plural forms, by their names in Intl.PluralRules."""
    rule = Locale.parse(locale_now()).plural_form
    forms: dict[str, str] = {}
    for number in range(1, 60):
        form = rule(number)
        if form not in forms:
            forms[form] = say(number).replace(number_words(number), "{num}")
    return forms


def _length(text: str | None) -> int:
    """Read a slot's length: "180" or "3:00"."""
    minutes, colon, seconds = (text or "").partition(":")
    if colon:
        return 60 * _number(minutes, 0) + _number(seconds, 0) or SLOT
    return _number(text, SLOT)


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and len(text) < 6 and text.isascii() and text.isdigit() else usual
