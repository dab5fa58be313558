"""The letter that tells a change: what was, what is now, on both clocks."""

from collections.abc import Sequence

from gatherings.core import zones
from gatherings.mail.letters import Button, Facts, Part, Words
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.frame import About, hosts_row, letter, please_answer
from gatherings.registration.mails.invitations import calendar_of
from gatherings.registration.mails.single import ending, every_words, queue_words, way_in
from gatherings.registration.mails.times import Held, one_line, start_words, time_rows, where_words
from gatherings.web.i18n import gettext as _


def changed(mail: OutboxMail) -> Letter:
    """Write what changed about a gathering; the invite, if there is one, moves by itself."""
    about = About.of(mail)
    before, kinds = Held.of(mail.facts["before"]), mail.facts["changed"]
    calendar = calendar_of(mail)
    return letter(
        about,
        subject=_("Changed: %(title)s", title=about.held.title),
        heading=_("Something changed"),
        preview=start_words(about.held, about.zone, about.now),
        parts=[
            Words(_("The hosts changed something about “%(title)s”.", title=about.held.title)),
            *_sentences(before, about, kinds),
            Words(queue_words(about)) if about.waits_for is not None else None,
            Facts([*_time(before, about, kinds), *_place(before, about, kinds), hosts_row(about.hosts)]),
            Words(_("This mail also updates the entry in your calendar.")) if calendar else None,
            way_in(about),
            Words(_("If you cannot come any more, please say so with this button.")),
            Button(_("Change or cancel"), about.manage),
            please_answer() if calendar else None,
            every_words(about),
            *ending(about),
        ],
        calendar=calendar,
    )


def _sentences(before: Held, about: About, kinds: Sequence[str]) -> list[Part]:
    after, sentences = about.held, []
    if "status" in kinds and before.status == "cancelled":
        sentences.append(_("It had been cancelled. Now it takes place after all."))
    if "time" in kinds:
        if _rules_moved(before, after):
            city = zones.city(after.zone)
            sentences.append(
                _("The clocks in %(city)s follow new rules. The hour there stays, yours may be another.", city=city)
            )
        else:
            sentences.append(_("It has a new time."))
    if "place" in kinds and _where(before, about) != _where(after, about):
        sentences.append(_("It has a new place."))
    elif "place" in kinds and after.mode == "hybrid":
        sentences.append(_("The room is another one. You come online, so nothing changes for you."))
    if "link" in kinds and about.attends != "room":
        sentences.append(_("The meeting has moved to a new link. Your own way in stays the same."))
    return [Words(" ".join(sentences))] if sentences else []


def _rules_moved(before: Held, after: Held) -> bool:
    return (before.starts_local, before.zone) == (after.starts_local, after.zone) and (
        before.starts_at != after.starts_at
    )


def _time(before: Held, about: About, kinds: Sequence[str]) -> list[tuple[str, str]]:
    if "time" not in kinds or _rules_moved(before, about.held):
        return time_rows(about.held, about.zone, about.now)
    return [
        (_("Before"), one_line(before, about.zone, about.now)),
        (_("Now"), one_line(about.held, about.zone, about.now)),
    ]


def _where(held: Held, about: About) -> str:
    # How one attends says nothing about a gathering that was held another way.
    return where_words(held.mode, held.place, about.attends if held.mode == about.held.mode else None)


def _place(before: Held, about: About, kinds: Sequence[str]) -> list[tuple[str, str]]:
    was, now = _where(before, about), _where(about.held, about)
    if "place" not in kinds or was == now:
        return [(_("Where"), now)]
    return [(_("Where, before"), was), (_("Where, now"), now)]
