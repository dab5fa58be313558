"""Forms that ask who somebody is: by their e-mail address, and by nothing else."""

from gatherings.accounts.rules import Address, normalise_address
from gatherings.web.forms import CleanField, PlainForm


class AddressForm(PlainForm):
    """One e-mail address: find my registration, my data, another address."""

    email = CleanField("", normalise_address, id="email")

    @property
    def address(self) -> Address:
        """Give the address that was read."""
        found: Address = self.email.clean
        return found
