"""Letters about one registration: a place, the waiting list, and goodbye."""

from collections.abc import Sequence

from gatherings.mail.letters import Button, Facts, Link, Part, Words
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.frame import About, hint, hosts_row, letter, please_answer, ticket_part
from gatherings.registration.mails.invitations import calendar_of
from gatherings.registration.mails.times import start_words, time_rows, where_words
from gatherings.registration.rules import JOIN_OPENS_MINUTES
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext


def place_rows(about: About, *, going: bool = True) -> Facts:
    """Give when, where and with whom; to whom is not `going`, no way in is promised."""
    where = (_("Where"), where_words(about.held.mode, about.held.place, about.attends if going else None))
    tickets = [(_("Ticket"), ", ".join(about.tickets))] if about.tickets and going else []
    return Facts([*time_rows(about.held, about.zone, about.now), where, *tickets, hosts_row(about.hosts)])


def way_in(about: About) -> Part | None:
    """Give the link in, to whoever attends online."""
    if not about.online:
        return None
    return Link(
        ngettext(
            "Your way in (it opens one minute before the start)",
            "Your way in (it opens %(num)s minutes before the start)",
            JOIN_OPENS_MINUTES,
        ),
        about.join,
    )


def queue_words(about: About) -> str:
    """Say where somebody stands on the waiting list; an empty text if they wait for nothing."""
    if about.waits_for is None:
        return ""
    if about.held.mode != "hybrid":
        return (
            _("You are number %(number)s on the waiting list.", number=about.position)
            if about.position
            else _("You are on the waiting list.")
        )
    side = _("a place in the room") if about.waits_for == "room" else _("a place online")
    if about.position:
        return _("You are number %(number)s on the waiting list for %(side)s.", number=about.position, side=side)
    return _("You are on the waiting list for %(side)s.", side=side)


def ending(about: About, *, page: bool = True) -> list[Part | None]:
    """Give the small print: all dates of a series, the gathering's page, "this was not me"."""
    return [
        Link(_("All dates of this series as a calendar file"), about.series_file, quiet=True)
        if about.series_file
        else None,
        Link(_("The page of this gathering"), about.page, quiet=True) if page else None,
        Link(_("This was not me"), about.manage, quiet=True),
    ]


def every_words(about: About) -> Part | None:
    """Say that somebody comes every month, in a letter about one date."""
    if not about.every:
        return None
    return Words(_("You come to every date of this series. This mail is about one of them."), quiet=True)


def please_say() -> Part:
    """Ask whoever cannot come to say so."""
    return Words(_("If you cannot come, please say so with this button, so that somebody else can have your place."))


def place_letter(
    mail: OutboxMail,
    about: About,
    *,
    subject: str,
    heading: str,
    says: Sequence[Part | None],
    plea: Part | None = None,
    tip: Part | None = None,
) -> Letter:
    """Write to somebody who has a place: what it `says`, the way in, the ticket, the button to change, the invite."""
    return letter(
        about,
        subject=subject,
        heading=heading,
        preview=start_words(about.held, about.zone, about.now),
        parts=[
            *says,
            way_in(about),
            ticket_part(about),
            plea,
            Button(_("Change or cancel"), about.manage),
            please_answer(),
            tip,
            every_words(about),
            *ending(about),
        ],
        calendar=calendar_of(mail),
    )


def confirmed(mail: OutboxMail) -> Letter:
    """Write "you have a place", with the invite; also to somebody who asks for it again."""
    about = About.of(mail)
    return place_letter(
        mail,
        about,
        subject=_("You have a place: %(title)s", title=about.held.title),
        heading=_("You have a place"),
        says=[
            Words(_("You are registered for “%(title)s”.", title=about.held.title)),
            _also_waits(about),
            place_rows(about),
            Words(_("The invite in this mail puts it into your calendar and follows every change.")),
        ],
        tip=hint(),
    )


def _also_waits(about: About) -> Part | None:
    if about.waits_for is None:
        return None
    if about.waits_for == about.attends:
        return Words(_("You also wait for another ticket. We write to you when there is one."))
    kept = (
        _("You have a place online until there is one in the room.")
        if about.waits_for == "room"
        else _("You keep your place in the room until there is one online.")
    )
    return Words(f"{kept} {queue_words(about)}")


def waiting(mail: OutboxMail) -> Letter:
    """Write "you are on the waiting list", with the position; nothing for the calendar."""
    about = About.of(mail)
    return letter(
        about,
        subject=_("You are on the waiting list: %(title)s", title=about.held.title),
        heading=_("You are on the waiting list"),
        preview=queue_words(about),
        parts=[
            *_why_waiting(about),
            place_rows(about),
            Button(_("See or leave the waiting list"), about.manage),
            every_words(about),
            *ending(about),
        ],
    )


def _why_waiting(about: About) -> list[Part]:
    if about.tickets:
        return [
            Words(
                _("“%(title)s” has no ticket of this kind at the moment.", title=about.held.title)
                + " "
                + queue_words(about)
            ),
            Words(
                _(
                    "There is nothing to pay now. When there is a ticket, it is kept for some hours for whoever "
                    "ordered it; what costs nothing is yours at once. We write to you that moment."
                )
            ),
        ]
    return [
        Words(_("“%(title)s” is full at the moment.", title=about.held.title) + " " + queue_words(about)),
        Words(
            _(
                "When a place is free, it is yours at once. We write to you that moment, with an invite for your "
                "calendar."
            )
        ),
    ]


def held(mail: OutboxMail) -> Letter:
    """Write to somebody who asks how things stand while their ticket is being paid: a place is kept, no more yet."""
    about = About.of(mail)
    return letter(
        about,
        subject=_("Your place is kept for you: %(title)s", title=about.held.title),
        heading=_("Your place is kept for you"),
        preview=start_words(about.held, about.zone, about.now),
        parts=[
            Words(
                _(
                    "A place at “%(title)s” is kept for you while your ticket is being paid. As soon as it is, you get "
                    "the invite for your calendar.",
                    title=about.held.title,
                )
            ),
            place_rows(about),
            Button(_("See how it stands"), about.manage),
            *ending(about),
        ],
    )


def promoted(mail: OutboxMail) -> Letter:
    """Write "a place became free, and it is yours", with the invite."""
    about = About.of(mail)
    side = {"room": _("A place in the room became free, and it is yours.")}.get(about.attends or "")
    return place_letter(
        mail,
        about,
        subject=_("A place for you: %(title)s", title=about.held.title),
        heading=_("A place for you"),
        says=[
            Words(
                (side if side and about.held.mode == "hybrid" else _("A place became free, and it is yours."))
                + " "
                + _("You are registered for “%(title)s”.", title=about.held.title)
            ),
            place_rows(about),
            Words(_("The invite in this mail puts it into your calendar and follows every change.")),
        ],
        plea=please_say(),
    )


def called_off(mail: OutboxMail) -> Letter:
    """Write that the hosts cancelled; the calendar lets go of it."""
    about = About.of(mail)
    calendar = calendar_of(mail)
    return letter(
        about,
        subject=_("Cancelled by the hosts: %(title)s", title=about.held.title),
        heading=_("This gathering was cancelled"),
        preview=about.held.title,
        parts=[
            Words(_("We are sorry: “%(title)s” will not take place. Its hosts cancelled it.", title=about.held.title)),
            place_rows(about, going=False),
            Words(_("This mail takes it out of your calendar. There is nothing you need to do."))
            if calendar
            else Words(_("You are not waiting for a place any more. There is nothing you need to do.")),
            Button(_("See the page of this gathering"), about.page),
            every_words(about),
            *ending(about, page=False),
        ],
        calendar=calendar,
    )


def cancelled(mail: OutboxMail) -> Letter:
    """Write that somebody cancelled, or left the waiting list; the calendar lets go of it."""
    if mail.facts.get("by") == "host":
        return _cancelled_by_hosts(mail)
    about = About.of(mail)
    calendar = calendar_of(mail)
    return letter(
        about,
        subject=_("You are not coming: %(title)s", title=about.held.title),
        heading=_("Your registration is cancelled"),
        preview=about.held.title,
        parts=[
            Words(_("You are not registered for “%(title)s” any more.", title=about.held.title)),
            place_rows(about),
            Words(_("This mail takes it out of your calendar. Thank you for saying so: your place is free again."))
            if calendar
            else Words(_("You are not on the waiting list any more. Thank you for saying so.")),
            Words(_("If you want to come after all, you are welcome to register again.")),
            Button(_("See the page of this gathering"), about.page),
            every_words(about),
            *([Link(_("All dates of this series as a calendar file"), about.series_file, quiet=True)]
              if about.series_file else []),
        ],
        calendar=calendar,
    )  # fmt: skip


def _cancelled_by_hosts(mail: OutboxMail) -> Letter:
    about = About.of(mail)
    calendar = calendar_of(mail)
    return letter(
        about,
        subject=_("Your registration was cancelled: %(title)s", title=about.held.title),
        heading=_("Your registration was cancelled"),
        preview=about.held.title,
        parts=[
            Words(_("The hosts have cancelled your registration for “%(title)s”.", title=about.held.title)),
            place_rows(about, going=False),
            Words(_("This mail takes it out of your calendar.")) if calendar else None,
            Words(_("If you think that this is a mistake, please write to the hosts: an answer to this mail will do.")),
            Button(_("See the page of this gathering"), about.page),
            every_words(about),
        ],
        calendar=calendar,
    )


def moved_away(mail: OutboxMail) -> Letter:
    """Write to the old address that a registration has moved to another one; its entry goes away."""
    about = About.of(mail)
    if mail.facts.get("by") == "host":
        moved = _(
            "The hosts corrected the e-mail address of a registration for “%(title)s”. This address is not the one "
            "that was meant, and gets no more mail about it.",
            title=about.held.title,
        )
    else:
        moved = _(
            "The registration for “%(title)s” now belongs to another e-mail address. It was confirmed from "
            "there, and the next mails go there.",
            title=about.held.title,
        )
    return letter(
        about,
        subject=_("Moved to another address: %(title)s", title=about.held.title),
        heading=_("This registration has moved"),
        preview=about.held.title,
        parts=[
            Words(moved),
            place_rows(about, going=False),
            Words(
                _(
                    "This mail takes it out of the calendar of this address; the other one has its own invite. The "
                    "earlier link to change or cancel has ended."
                )
            ),
            Words(_("If you did not want this, you are welcome to register again with this address.")),
            Button(_("See the page of this gathering"), about.page),
        ],
        calendar=calendar_of(mail),
    )


def joined_series(mail: OutboxMail) -> Letter:
    """Write that a single date is part of "every month" from now on; its own entry goes away."""
    about = About.of(mail)
    return letter(
        about,
        subject=_("Now with all dates of the series: %(title)s", title=about.held.title),
        heading=_("One entry for all dates"),
        preview=about.held.title,
        parts=[
            Words(
                _(
                    "You now come to every date of the series. You had registered for this date alone before, and "
                    "your place stays yours:"
                )
            ),
            Words(f"“{about.held.title}”"),
            place_rows(about),
            Words(
                _(
                    "This mail takes the single entry out of your calendar. The entry for all dates comes in a mail "
                    "of its own. There is nothing you need to do."
                )
            ),
            Button(_("Change or cancel"), about.manage),
            *ending(about),
        ],
        calendar=calendar_of(mail),
    )
