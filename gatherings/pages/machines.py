"""What pages tell programs: previews when shared (Open Graph), and schema.org data about gatherings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any

from gatherings.core import zones

PREVIEW_SIZE = (1200, 630)  # pixels: what previews are shown at
_LONGEST = 300  # characters of a description
_ATTENDANCE = {"online": "Online", "in person": "Offline", "hybrid": "Mixed"}
_CONTEXT = "https://schema.org"

Data = dict[str, Any]


_AVAILABLE = {"open": "InStock", "full": "SoldOut", "before": "PreSale", "after": "SoldOut"}


@dataclass(frozen=True)
class Ticket:
    """A kind of ticket for programs: `price` with VAT as "8125.00"; `state` as payments/forms/choices.py has it."""

    name: str
    price: str
    currency: str
    state: str


@dataclass(frozen=True)
class Head:
    """What stands in a page's head: its own path, what it is about, a picture's path, feeds and data.

    `feed` is a path and its title; `data` is an object of schema.org.
    """

    path: str
    title: str
    description: str = ""
    picture: str | None = None
    kind: str = "website"
    feed: tuple[str, str] | None = None
    data: Data | None = field(default=None)


def event_head(
    event: Any, *, base_url: str, picture: str | None, text: str = "", tickets: Sequence[Ticket] | None = None
) -> Head:
    """Describe an event (community, series, umbrella and speakers loaded) with its data; `text` if it has no summary.

    `tickets` are those that everybody may see, where it sells any.

    An event on whose day nobody is sure any more, or that only its link shows, carries no data.
    """
    path = f"/events/{event.slug}"
    description = short(event.summary or text)
    told = event.listing == "public" and not event.approximate
    data = event_data(event, base_url=base_url, picture=picture, description=description) if told else None
    if data is not None and tickets is not None:
        data |= offers_data(tickets, data["url"])
    feed = (f"{path}/event.ics", event.title) if not event.approximate else None
    return Head(path, event.title, description, picture, "article", feed, data)


def event_data(event: Any, *, base_url: str, picture: str | None, description: str) -> Data:
    """Give an event as schema.org's Event: times with the host's offset, the way in by our page alone."""
    address = f"{base_url}/events/{event.slug}"
    starts, ends = _day_or_moment(event)
    data: Data = {
        "@context": _CONTEXT,
        "@type": "Event",
        "name": event.title,
        "url": address,
        "startDate": starts,
        "endDate": ends,
        "eventStatus": f"{_CONTEXT}/Event{'Cancelled' if event.status == 'cancelled' else 'Scheduled'}",
        "eventAttendanceMode": f"{_CONTEXT}/{_ATTENDANCE[event.mode]}EventAttendanceMode",
        "location": _location(event, address),
        "organizer": {
            "@type": "Organization",
            "name": event.community.name,
            "url": f"{base_url}/communities/{event.community.slug}",
        },
        "inLanguage": event.language,
        "isAccessibleForFree": True,
    }
    if description:
        data["description"] = description
    if picture:
        data["image"] = base_url + picture
    if event.speakers:
        data["performer"] = [{"@type": "Person", "name": one.name} for one in event.speakers]
    return data


def offers_data(tickets: Sequence[Ticket], address: str) -> Data:
    """Give the tickets of an event as schema.org's Offers; whether it is free is then theirs to say."""
    offers = [
        {
            "@type": "Offer",
            "name": one.name,
            "price": one.price,
            "priceCurrency": one.currency,
            "availability": f"{_CONTEXT}/{_AVAILABLE[one.state]}",
            "url": address,
        }
        for one in tickets
    ]
    free = bool(tickets) and all(float(one.price) == 0 for one in tickets)
    return {"isAccessibleForFree": free} | ({"offers": offers} if offers else {})


def series_data(series: Any, *, base_url: str) -> Data:
    """Give a series (community loaded) as schema.org's EventSeries."""
    data: Data = {
        "@context": _CONTEXT,
        "@type": "EventSeries",
        "name": series.title,
        "url": f"{base_url}/series/{series.slug}",
        "organizer": {
            "@type": "Organization",
            "name": series.community.name,
            "url": f"{base_url}/communities/{series.community.slug}",
        },
    }
    if series.summary:
        data["description"] = series.summary
    return data


def community_data(community: Any, *, base_url: str, website: str | None) -> Data:
    """Give a community as schema.org's Organization; `website` is its own, if it may be linked."""
    data: Data = {
        "@context": _CONTEXT,
        "@type": "Organization",
        "name": community.name,
        "url": f"{base_url}/communities/{community.slug}",
    }
    if community.tagline:
        data["description"] = community.tagline
    if website:
        data["sameAs"] = website
    return data


def short(text: str) -> str:
    """Make one line of a text, cut between words where it is longer than a preview shows."""
    line = " ".join(text.split())
    if len(line) <= _LONGEST:
        return line
    return line[: _LONGEST - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _day_or_moment(event: Any) -> tuple[str, str]:
    """Write start and end with the offsets of the host's clock then; of whole days the first and the last."""
    if event.all_day:
        return event.starts_local.date().isoformat(), (event.ends_local - timedelta(days=1)).date().isoformat()
    starts, ends = (at.astimezone(timezone(zones.offset_at(at, event.zone))) for at in (event.starts_at, event.ends_at))
    return starts.isoformat(timespec="minutes"), ends.isoformat(timespec="minutes")


def _location(event: Any, address: str) -> Data | list[Data]:
    online: Data = {"@type": "VirtualLocation", "url": address}
    if event.mode == "online":
        return online
    place: Data = {"@type": "Place", "name": event.place_name or zones.city(event.zone)}
    if event.place_address:
        place["address"] = event.place_address
    return place if event.mode == "in person" else [place, online]
