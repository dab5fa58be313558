"""Forms about the team and about oneself."""

from gatherings.accounts.rules import Address, normalise_address
from gatherings.communities.rules import ROLE_WORDS, ROLES
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, read_name
from gatherings.web.i18n import words


def role_choices() -> list[tuple[str, str]]:
    """Give each role with its name in words."""
    return [(role, words(ROLE_WORDS[role][0])) for role in ROLES]


class InviteForm(PlainForm):
    """Whom to invite to which role."""

    email = CleanField("", normalise_address, id="email")
    role = ChoiceField("", [], id="role")

    def __init__(self) -> None:
        super().__init__()
        self.role.choices = role_choices()
        if self.role.data is None:
            self.role.data = "organiser"

    @property
    def address(self) -> Address:
        """Give the address that was read."""
        found: Address = self.email.clean
        return found


class OwnNameForm(PlainForm):
    """The name by which colleagues see one."""

    name = CleanField("", read_name, id="name")
