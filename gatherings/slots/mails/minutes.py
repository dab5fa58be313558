"""Letters that tell a presenter their minute: the first time, when it moved, and when it is gone."""

from datetime import datetime, timedelta

from gatherings import ics
from gatherings.calls.links import own_path
from gatherings.core import zones
from gatherings.core.tokens import Claim
from gatherings.mail.letters import Button, Facts, Link, Part, Words, letter_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.slots.facts import entry_of
from gatherings.slots.links import slot_path
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import absolute, settings
from gatherings.web.times import day_words, exact_words, instant_words, length_words


def told(mail: OutboxMail) -> Letter:
    """Write when somebody speaks, to the second, with an invite."""
    return _letter(
        mail,
        subject=_("You speak at %(time)s: %(title)s", time=_start(mail), title=_title(mail)),
        heading=_("Your minute"),
        says=[
            Words(_("The running order is made. This is when you speak.")),
            Facts(_rows(mail)),
            Words(_("The invite in this mail puts it into your calendar and follows when it moves.")),
        ],
    )


def moved(mail: OutboxMail) -> Letter:
    """Write that somebody's minute moved, or what their calendar says beside it: before, and now."""
    before = mail.facts["before"]
    was, is_now = datetime.fromisoformat(before["starts_at"]), _starts_at(mail)
    says: list[Part | None] = []
    if was != is_now:
        says.append(Words(_("Your slot in the running order has moved. This is when you speak now.")))
    if before["seconds"] != mail.facts["slot"]["seconds"]:
        lengths = {"before": length_words(before["seconds"]), "now": length_words(mail.facts["slot"]["seconds"])}
        says.append(Words(_("Your slot was %(before)s long. Now it is %(now)s.", **lengths)))
    rows = _rows(mail)
    if was != is_now:
        rows.insert(0, (_("Before"), instant_words(was, mail.zone, mail.created_at, exact=True)))
    place_moved, renamed = before.get("place", "") != mail.facts["slot"]["place"], before.get("title") or _title(mail)
    if renamed != _title(mail):
        says.append(Words(_("The gathering was called “%(before)s”.", before=clean_line(renamed))))
        says.append(Words(_("Now it is called “%(now)s”.", now=_title(mail))))
    if place_moved:
        says.append(Words(_("The gathering has another place: %(place)s.", place=_place(mail))))
    subject = _("Your minute moved to %(time)s: %(title)s", time=_start(mail), title=_title(mail))
    heading = _("Your minute has moved")
    same_minute = was == is_now and before["seconds"] == mail.facts["slot"]["seconds"]
    if same_minute and not place_moved:
        subject, heading = _("Another title: %(title)s", title=_title(mail)), _("Another title")
    elif same_minute:
        subject, heading = _("Another place: %(title)s", title=_title(mail)), _("Another place")
    elif was == is_now:
        heading = _("Your slot has another length")
        length = length_words(mail.facts["slot"]["seconds"])
        subject = _("Your slot is now %(length)s long: %(title)s", length=length, title=_title(mail))
    return _letter(
        mail,
        subject=subject,
        heading=heading,
        says=[*says, Facts(rows), Words(_("This mail also updates the entry in your calendar."))],
    )


def gone(mail: OutboxMail) -> Letter:
    """Write that somebody does not speak any more at the minute they were told."""
    facts = mail.facts
    event, state = facts["event"], facts["state"]
    if event["status"] == "cancelled":
        why = _("The hosts have called off the gathering, so your slot does not take place.")
    elif facts["own"] is None:
        why = _("You do not present together in this slot any more, so it is not yours in the running order.")
    elif state == "withdrawn":
        why = _("You have withdrawn your slot, so we have taken it out of the running order.")
    elif state == "accepted":
        why = _("The hosts are making the running order anew. We write again as soon as your minute is fixed.")
    else:
        why = _("Your slot is no longer in the running order. The hosts can tell you more: please answer this mail.")
    return _letter(
        mail,
        subject=_("Your slot was taken out of the running order: %(title)s", title=_title(mail)),
        heading=_("Your slot was taken out"),
        says=[Words(why), Words(_("This mail also takes the entry out of your calendar."))],
        going=False,
    )


def _letter(mail: OutboxMail, *, subject: str, heading: str, says: list[Part | None], going: bool = True) -> Letter:
    facts = mail.facts
    own = facts["own"]
    page = absolute(f"/events/{facts['event']['slug']}")
    way_in = absolute(slot_path(facts["slot"]["public_id"], facts["slot"]["version"]))
    organizer = ics.Organizer(mail.sender, settings().mail_from)
    entry = entry_of(facts, organizer=organizer, way_in=way_in, page=page)
    method = facts["invite"]["method"]
    made = ics.cancel([entry]) if method == "CANCEL" else ics.request([entry])
    parts = list(says)
    if going:
        parts += [Link(_("Your way in, with your minute and the host's name"), way_in)]
    if own is not None:
        path = own_path(Claim(own["public_id"], own["version"]), other=own["other"])
        parts.append(Button(_("My slot"), absolute(path)))
    parts.append(Link(_("The page of this gathering"), page, quiet=True))
    return letter_of(
        mail,
        subject=subject,
        heading=heading,
        preview=instant_words(_starts_at(mail), mail.zone, mail.created_at, exact=True),
        parts=parts,
        calendar=(made, method),
    )


def _rows(mail: OutboxMail) -> list[tuple[str, str]]:
    facts = mail.facts
    starts, event = _starts_at(mail), facts["event"]
    here = zones.to_local(starts, mail.zone)
    there = zones.to_local(starts, event["zone"])
    rows = []
    if here != there:
        rows.append((_("Your time"), instant_words(starts, mail.zone, mail.created_at, exact=True)))
    rows.append(
        (
            _("In %(city)s", city=zones.city(event["zone"])),
            instant_words(starts, event["zone"], mail.created_at, exact=True)
            if here == there
            else _day_time(there, mail),
        )
    )
    ends = starts + timedelta(seconds=facts["slot"]["seconds"])
    until = exact_words(zones.to_local(ends, mail.zone))
    rows.append(
        (_("How long"), _("%(length)s, until %(time)s", length=length_words(facts["slot"]["seconds"]), time=until))
    )
    rows.append((_("Gathering"), clean_line(event["title"])))
    rows.append((_("Where"), _place(mail)))
    if facts["host_name"]:
        rows.append((_("Your host"), clean_line(facts["host_name"])))
    return rows


def _place(mail: OutboxMail) -> str:
    return clean_line(mail.facts["slot"]["place"]) or _("Online")


def _day_time(local: datetime, mail: OutboxMail) -> str:
    day = day_words(local.date(), year=mail.created_at.year)
    return _("%(day)s, %(time)s", day=day, time=exact_words(local))


def _starts_at(mail: OutboxMail) -> datetime:
    return datetime.fromisoformat(mail.facts["slot"]["starts_at"])


def _start(mail: OutboxMail) -> str:
    return exact_words(zones.to_local(_starts_at(mail), mail.zone))


def _title(mail: OutboxMail) -> str:
    return clean_line(mail.facts["event"]["title"])
