"""The fixtures of the registration mails, for what a review found."""

from tests.registration_mails.conftest import mail, mails, open_mail

__all__ = ["mail", "mails", "open_mail"]
