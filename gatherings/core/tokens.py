"""Public ids and signed links.

A signed token is `<public id>.<version>.<signature>`: a 128-bit random id, the version of the link (raised to
revoke it) and a 128-bit HMAC-SHA256 over purpose, id and version. It can be made again for each later mail, so
nothing secret is stored. Keys rotate: the first signs, all are accepted for reading.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_TOKEN = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9]{1,9})\.([A-Za-z0-9_-]{22})")


def new_public_id() -> str:
    """Make a 128-bit random id in 22 URL-safe characters that never begins with a dash."""
    while True:
        public_id = secrets.token_urlsafe(16)
        if public_id[0].isalnum():
            return public_id


def new_secret() -> str:
    """Make a 256-bit random secret for a link that works once or for a short time; store only its digest."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Give the SHA-256 of a secret in hex: what is stored instead of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def keyed_digest(key: str, secret: str) -> str:
    """Give what is stored of a secret that is to end when the key changes (bars B22): an HMAC-SHA256 in hex."""
    return hmac.digest(b"gatherings-sessions:" + key.encode(), secret.encode("utf-8", "surrogatepass"), "sha256").hex()


@dataclass(frozen=True)
class Claim:
    """What a verified token names: an object's public id and the version of the link."""

    public_id: str
    version: int


class Signer:
    """Sign and verify links; `keys` newest first."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        if not keys:
            raise ValueError("a signer needs at least one key")
        self._keys = tuple(hashlib.sha256(b"gatherings-links:" + key.encode()).digest() for key in keys)

    def sign(self, purpose: str, public_id: str, version: int) -> str:
        """Make the token for one purpose ("manage", "join", "feed" …); tokens of other purposes never fit."""
        return f"{public_id}.{version}.{self._signature(self._keys[0], purpose, public_id, version)}"

    def verify(self, purpose: str, token: str) -> Claim | None:
        """Give what the token names, or None if it is not ours, is for another purpose or was changed."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            return None
        public_id, version, signature = match[1], int(match[2]), match[3]
        if str(version) != match[2]:  # "01" would be a second spelling of the same link
            return None
        for key in self._keys:
            if hmac.compare_digest(self._signature(key, purpose, public_id, version), signature):
                return Claim(public_id, version)
        return None

    @staticmethod
    def _signature(key: bytes, purpose: str, public_id: str, version: int) -> str:
        mac = hmac.digest(key, f"{purpose}\n{public_id}\n{version}".encode(), "sha256")
        return base64.urlsafe_b64encode(mac[:16]).rstrip(b"=").decode()
