"""What is known of each request: an id for the log, the base address, who is asking from where."""

import hashlib
import hmac
import ipaddress
import logging
import time
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, current_app, g, request

from gatherings.config import Settings
from gatherings.core.tokens import new_public_id
from gatherings.web.rights import View, mark

log = logging.getLogger("gatherings.requests")


def big_body(most: int) -> Callable[[View], View]:
    """Let a view take more than other forms do, `most` bytes: files that organisers send. Stands below `@may`.

    What is above 256 KiB is read while somebody works on it, and only once they are known: `@may` comes first. So
    it is for few people; web/hall.py reads it before, a few senders at a time (BIG).
    """
    return partial(mark, name="big_body", value=most)


def settings() -> Settings:
    """Give the app's settings."""
    made: Settings = current_app.config["GATHERINGS"]
    return made


def absolute(path: str) -> str:
    """Make an address for mails and calendars: from BASE_URL, never from the Host header."""
    return settings().base_url + path


def network_of(address: str | None) -> str:
    """Give a digest of the network an address belongs to: the address itself for IPv4, the /64 for IPv6."""
    try:
        parsed = ipaddress.ip_address(address or "0.0.0.0")
    except ValueError:
        parsed = ipaddress.ip_address("0.0.0.0")
    if isinstance(parsed, ipaddress.IPv6Address):
        text = str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    else:
        text = str(parsed)
    return hashlib.sha256(text.encode()).hexdigest()


def asking_network() -> str:
    """Give the digest of the network that this request came from (through the configured proxies only)."""
    # Keyed: the digest of an IPv4 address alone could be turned back by trying them all.
    key = settings().secret_keys[0].encode()
    return hmac.new(key, network_of(request.remote_addr).encode(), "sha256").hexdigest()


def init_requests(app: Flask) -> None:
    """Give each request an id and one line in the log: no tokens, no addresses (reliability rule 22)."""

    @app.before_request
    def begin() -> None:
        g.request_id = new_public_id()[:12]
        g.began = time.perf_counter()
        most = getattr(app.view_functions.get(request.endpoint or ""), "big_body", None)
        if most is not None:
            request.max_content_length = request.max_form_memory_size = most

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if log.isEnabledFor(logging.INFO):
            # The rule, not the path: a path may hold a token.
            log.info(
                "%s %s %s %.1fms",
                request.method,
                request.url_rule.rule if request.url_rule else "-",
                response.status_code,
                1000 * (time.perf_counter() - g.get("began", time.perf_counter())),
                extra={"request_id": g.get("request_id", "")},
            )
        return response
