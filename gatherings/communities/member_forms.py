"""Forms of becoming and of being a member: explicit fields, and nothing else is read."""

from functools import lru_cache
from typing import Any

import wtforms
from babel import Locale

from gatherings.accounts.rules import normalise_address
from gatherings.communities.actions.members import Details, Joining
from gatherings.communities.models import Community, Member
from gatherings.core.zone_table import tables
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField, read_name
from gatherings.web.i18n import LANGUAGES, language_now, locale_now
from gatherings.web.i18n import gettext as _


def consent_words(community: Community) -> str:
    """Say what ticking the box for news means; these very words are kept with the consent."""
    return _(
        "Write to me with news of %(community)s. I can stop that at any time, with one press.",
        community=community.name,
    )


class JoinForm(PlainForm):
    """Name, address, zone, news. `fax` is seen by programs alone: whoever fills it in is thanked and ignored."""

    name = CleanField("", read_name, id="name")
    email = CleanField("", normalise_address, id="email")
    zone = ZoneField("", id="zone")
    news = wtforms.BooleanField("", id="news")
    fax = wtforms.StringField("", id="fax")

    @property
    def caught(self) -> bool:
        """Tell whether a program filled in the field that nobody sees."""
        return bool(self.fax.data)

    def joining(self, community: Community) -> Joining:
        """Give what a valid form asks for."""
        return Joining(
            address=self.email.clean,
            name=self.name.clean,
            zone=self.zone.clean,
            language=language_now(),
            consent=consent_words(community) if self.news.data else "",
        )


class MemberForm(PlainForm):
    """What may be changed of a member."""

    name = CleanField("", read_name, id="name")
    zone = ZoneField("", id="zone")
    country = ChoiceField("", choices=[], id="country")
    language = ChoiceField("", choices=[], id="language")
    news = wtforms.BooleanField("", id="news")

    def details(self, community: Community) -> Details:
        """Give what a valid form asks for."""
        return Details(
            name=self.name.clean,
            zone=self.zone.clean,
            country=self.country.data,
            language=self.language.data,
            news=bool(self.news.data),
            consent=consent_words(community) if self.news.data else "",
        )


def member_form(member: Member, *, read: bool) -> MemberForm:
    """Make the form that changes a member, filled with what is held; with what was sent if `read`."""
    values: dict[str, Any] = {
        "name": member.name, "zone": member.zone or "", "country": member.country, "language": member.language,
        "news": member.news,
    }  # fmt: skip
    form = MemberForm(data=values) if read else MemberForm(formdata=None, data=values)
    form.country.choices = [("", _("Not said")), *country_choices()]
    form.language.choices = _languages(member.language)
    return form


def country_choices() -> list[tuple[str, str]]:
    """List countries by name in the reader's language."""
    return list(_countries(locale_now()))


@lru_cache(8)
def _countries(locale: str) -> tuple[tuple[str, str], ...]:
    names = Locale.parse(locale).territories
    return tuple(sorted(((code, str(names.get(code, name))) for code, name in tables().countries.items()), key=_name))


def _name(choice: tuple[str, str]) -> str:
    return choice[1].casefold()


def _languages(present: str) -> list[tuple[str, str]]:
    tags = [*LANGUAGES, *([present] if present not in LANGUAGES else [])]
    return [(tag, _language_name(tag)) for tag in tags]


@lru_cache(64)
def _language_name(tag: str) -> str:
    try:
        return str(Locale.parse(tag, sep="-").get_display_name() or tag)
    except ValueError:
        return tag
