"""What an e-mail address is, when two of them are the same person, and how long a proof of one holds."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say

LINK_LIFE = timedelta(minutes=10)  # of a link that signs in (reliability.md rule 7)
CODE_TRIES = 5
SESSION_LIFE = timedelta(hours=12)  # reliability.md rule 8
LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3: a path of 256 with its angle brackets
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]")


@dataclass(frozen=True)
class Address:
    """One e-mail address.

    `display` is what mails are sent to and what is shown: the part before the @ as typed, the domain in lower case
    and as punycode. `key` says "the same person": all lower case.
    """

    display: str
    key: str


class InvalidAddress(TextProblem):
    """Not one e-mail address that mail can be sent to; `sentence` says what to do next."""


def normalise_address(text: str) -> Address:
    """Read one e-mail address, by RFC 5321 and IDNA 2008, without asking the network.

    Raises InvalidAddress for none, several, one with a name, quotes or a comment, or one longer than 254
    characters. Letters that only look alike stay different people. `.test` domains are accepted (for trials);
    names without a dot, `.local` and `.invalid` are not.
    """
    typed = text.strip(" \t\u00a0\u3000")
    _refuse_what_is_not_one(typed)
    from email_validator import EmailNotValidError, validate_email  # 40 ms with its tables: at first use

    try:
        found = validate_email(
            typed,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
            check_deliverability=False,
            test_environment=True,  # accepts .test; a bare "x@test" is refused by the dot below
        )
    except (EmailNotValidError, UnicodeError) as problem:
        raise InvalidAddress(_advice(typed)) from problem
    address = found.ascii_email
    if address is None or "." not in found.ascii_domain or len(address) > LONGEST_ADDRESS:
        raise InvalidAddress(_advice(typed))
    return Address(display=address, key=address.lower())


def _refuse_what_is_not_one(typed: str) -> None:
    if not typed:
        raise InvalidAddress(say("Please type your e-mail address, so that the invite can reach you."))
    if len(typed) > LONGEST_ADDRESS:
        raise InvalidAddress(say("This address is too long for mail to be sent. Please check it, or use another."))
    if _HIDDEN.search(typed) or any("\ud800" <= char <= "\udfff" for char in typed):
        raise InvalidAddress(say("There are hidden characters in this address. Please type it again by hand."))
    if typed.count("@") > 1 or any(mark in typed for mark in ",;"):
        raise InvalidAddress(say("Please give one e-mail address only."))
    if any(mark in typed for mark in '<>"()[]\\') or re.search(r"\s", typed):
        raise InvalidAddress(say("Please give the address alone, such as name@example.org."))


def _advice(typed: str) -> Sentence:
    local, at, domain = typed.rpartition("@")
    if not at:
        return say("An e-mail address has an @ sign in it, such as name@example.org. Please check it.")
    if not local:
        return say("Something is missing before the @ sign. Please check the address.")
    if not local.isascii():
        return say("Before the @ sign we can only write to letters a to z. Please use another address.")
    if "." not in domain.strip("."):
        return say("After the @ sign comes a name with a full stop, such as example.org. Please check it.")
    return say("We cannot send mail to this address. Please check it for a slip of the keys.")


def shorten(address: str) -> str:
    """Give an address so that its owner knows it and nobody else learns it: "n…i@example.org"."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…{local[-1:] if len(local) > 2 else ''}@{domain}"


def digits_of(typed: str) -> str:
    """Read the digits of a code, however somebody wrote or spoke it into the field: spaces, dashes, other numerals."""
    return "".join(str(unicodedata.digit(char)) for char in typed[:100] if unicodedata.category(char) == "Nd")
