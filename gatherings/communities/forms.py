"""Forms of communities' own pages."""

from gatherings.core.text import clean_name
from gatherings.web.forms import LONGEST_NAME, CleanField, PlainForm


def _name(typed: str) -> str:
    return clean_name(typed, least=0, most=LONGEST_NAME)


class JoinTeamForm(PlainForm):
    """How one's colleagues are to see one; may stay empty."""

    name = CleanField("", _name, id="name")
