"""An event's values as the fields of its form show them, and what a new one begins with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gatherings.communities.models import Community
from gatherings.organise.forms.reading import countries
from gatherings.organise.forms.when import instant_data, time_data
from gatherings.web.i18n import locale_now

_TEXTS = (
    "title", "summary", "about", "access_notes", "slug", "place_name", "place_address", "place_map", "join_url",
    "recording_url", "theme", "umbrella", "series",
)  # fmt: skip
FIELDS: Mapping[str, tuple[str, ...]] = {
    "time": ("starts_date", "starts_time", "ends_date", "ends_time", "zone", "all_day"),
    "registration_opens_at": ("opens_date", "opens_time"),
    "registration_closes_at": ("closes_date", "closes_time"),
}


def form_data(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give an event's values as the fields of the form show them."""
    zone = values["time"]["zone"]
    names = countries(locale_now())
    speakers = [{**one, "country": names.get(one["country"], one["country"])} for one in values["speakers"]]
    numbers = {
        name: "" if values[name] is None else str(values[name])
        for name in ("capacity_room", "capacity_online", "edition_year")
    }
    return {
        **values,
        **time_data(values["time"]),
        **instant_data("opens", values["registration_opens_at"], zone),
        **instant_data("closes", values["registration_closes_at"], zone),
        **numbers,
        "speakers": speakers,
        "zone": zone,
    }


def empty_values(community: Community, day: datetime) -> dict[str, Any]:
    """Give the values that a new event's form begins with; `day` is a local date."""
    return {
        **dict.fromkeys(_TEXTS, ""),
        **dict.fromkeys(("capacity_room", "capacity_online", "edition_year"), None),
        **dict.fromkeys(("registration_opens_at", "registration_closes_at"), None),
        "language": "en",
        "time": {
            "starts": day.replace(hour=18, minute=0).isoformat(),
            "ends": day.replace(hour=19, minute=0).isoformat(),
            "zone": community.zone,
            "all_day": False,
        },
        "approximate": False,
        "mode": "online",
        "listing": "public",
        "takes_registrations": True,
        "speakers": [],
        "resources": [],
        "asked_often": [],
        "also_listed_by": [],
    }
