"""The calendar part of a letter, and the links that a letter carries."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gatherings import ics
from gatherings.invites import rules as invites
from gatherings.mail.models import OutboxMail
from gatherings.web.requests import absolute, settings
from gatherings.web.rights import signer

Calendar = tuple[bytes, str]


def manage_link(row: Mapping[str, Any], *, series: bool = False) -> str:
    """Give the link that may change or cancel a registration (facts: public_id, version). Never in a calendar."""
    purpose = "manage-series" if series else "manage"
    return absolute(f"/registrations/{signer().sign(purpose, row['public_id'], row['version'])}")


def order_link(row: Mapping[str, Any]) -> str:
    """Give the link to an order's page (facts: public_id, version)."""
    return absolute(f"/orders/{signer().sign('order', row['public_id'], row['version'])}")


def address_link(row: Mapping[str, Any], secret: str, *, series: bool = False) -> str:
    """Give the link by which a new address is confirmed; its token opens nothing else to whoever gets it by mistake."""
    purpose = "address-series" if series else "address"
    return absolute(f"/registrations/{signer().sign(purpose, row['public_id'], row['version'])}/address/{secret}")


def join_link(row: Mapping[str, Any], *, series: bool = False) -> str:
    """Give the way in, which can only join: calendars are shared (domain.md 13b)."""
    return absolute(f"/join/{signer().sign('join-series' if series else 'join', row['public_id'], row['version'])}")


def event_page(slug: str) -> str:
    """Give the address of an event's page."""
    return absolute(f"/events/{slug}")


def series_page(slug: str) -> str:
    """Give the address of a series' page."""
    return absolute(f"/series/{slug}")


def series_file(slug: str) -> str:
    """Give the address of all dates of a series as a calendar file (calendars.md 18)."""
    return absolute(f"/series/{slug}/calendar.ics")


def calendar_of(mail: OutboxMail) -> Calendar | None:
    """Write the invite of a letter about one registration, or None if its facts hold none."""
    facts = mail.facts
    if facts["invite"] is None:
        return None
    entry = invites.personal_entry(
        facts,
        organizer=_organizer(mail),
        join=join_link(facts["registration"]),
        page=event_page(facts["event"]["slug"]),
    )
    return _message([entry], facts["invite"]["method"])


def series_calendar_of(mail: OutboxMail) -> Calendar | None:
    """Write the invite of "every month": the rule with its overrides, or one CANCEL for all of it."""
    facts = mail.facts
    if facts["invite"] is None:
        return None
    join = join_link(facts["registration"], series=True)
    master = invites.series_invite_entry(
        facts, organizer=_organizer(mail), join=join, page=series_page(facts["series"]["slug"])
    )
    if facts["invite"]["method"] == "CANCEL":
        return _message([replace(master, excluded=())], "CANCEL")
    dates = invites.series_date_entries(facts, master, join=join, base_url=settings().base_url)
    return _message([master, *dates], "REQUEST")


def _message(entries: list[ics.Entry], method: str) -> Calendar:
    return (ics.cancel(entries) if method == "CANCEL" else ics.request(entries)), method


def _organizer(mail: OutboxMail) -> ics.Organizer:
    # The address of From: answers by calendar go to a mailbox that is read (calendars.md 16).
    return ics.Organizer(mail.sender, settings().mail_from)
