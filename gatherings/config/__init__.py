"""Settings: read once from the environment, frozen; nonsense stops the start with one sentence."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from gatherings.config.card import Stripe, read_stripe
from gatherings.config.refusal import BadSetting, others_reach
from gatherings.core import pseudo

__all__ = ["BadSetting", "Settings", "Site", "Smtp", "Stripe", "database_url_for_people", "read_settings"]


@dataclass(frozen=True)
class Smtp:
    """Where mail is handed over: host, port, how the line is protected, and who we are there."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: str = "none"  # none, starttls, tls


@dataclass(frozen=True)
class Site:
    """What actions need to know of the installation: addresses in mail and calendars, and the mails' pause.

    `domain` is the right part of UIDs and Message-IDs; `change_delay` is in seconds.
    """

    base_url: str
    domain: str
    change_delay: int = 180


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations (docs/operations.md lists the names)."""

    instance: Path
    database_url: str
    secret_keys: tuple[str, ...]
    base_url: str
    smtp: Smtp | None
    mail_from: str
    proxy_count: int = 0
    redis_url: str | None = None
    log_format: str = "text"
    demo: bool = False
    development: bool = False
    change_delay: int = 180
    network_limit: int = 600
    threads: int = 8
    languages: tuple[str, ...] = ("en",)
    test_clock: str | None = None
    stripe: Stripe | None = None

    @property
    def host(self) -> str:
        """Give the host of BASE_URL without its port."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def site(self) -> Site:
        """Give what actions need to know of this installation."""
        return Site(self.base_url, self.mail_from.rsplit("@", 1)[1], self.change_delay)

    @property
    def https(self) -> bool:
        """Tell whether people reach us over TLS."""
        return self.base_url.startswith("https://")

    @property
    def sqlite(self) -> bool:
        """Tell whether the database is a SQLite file."""
        return self.database_url.startswith("sqlite")


def read_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read settings from the environment; `overrides` are for the demo and tests.

    Raises BadSetting with one sentence that names the setting and what it should be.
    """
    env = os.environ if environ is None else environ
    instance = _instance(env.get("GATHERINGS_INSTANCE") or "instance")
    base_url = _base_url(env.get("BASE_URL") or "http://127.0.0.1:8000")
    values: dict[str, Any] = {
        "instance": instance,
        "database_url": _database_url(env.get("DATABASE_URL") or f"sqlite:///{instance / 'gatherings.sqlite'}"),
        "secret_keys": _secret_keys(env, instance),
        "base_url": base_url,
        "smtp": _smtp(env["SMTP_URL"]) if env.get("SMTP_URL") else None,
        "mail_from": _mail_from(env.get("MAIL_FROM") or _default_sender(base_url)),
        "proxy_count": _number(env, "PROXY_COUNT", 0, 0, 5),
        "redis_url": _redis(env.get("REDIS_URL")),
        "log_format": _one_of(env, "LOG_FORMAT", ("text", "json"), "text" if os.isatty(2) else "json"),
        "demo": _one_of(env, "GATHERINGS_DEMO", ("0", "1"), "0") == "1",
        "development": _one_of(env, "GATHERINGS_DEVELOPMENT", ("0", "1"), "0") == "1",
        "change_delay": _number(env, "CHANGE_MAIL_DELAY", 180, 0, 3600),
        "network_limit": _number(env, "REGISTRATIONS_PER_NETWORK", 600, 1, 1_000_000),
        "threads": _number(env, "GATHERINGS_THREADS", 8, 1, 64),
        "test_clock": _test_clock(env.get("GATHERINGS_TEST_CLOCK"), base_url),
        "stripe": read_stripe(env, base_url),
        "languages": _languages(env.get("GATHERINGS_LANGUAGES") or "en"),
    }
    values.update(overrides)
    if any(tag in str(values["languages"]) for tag in pseudo.TAGS) and not values["development"]:
        raise BadSetting(f"GATHERINGS_LANGUAGES should have {' and '.join(pseudo.TAGS)} in development alone.")
    if values["demo"] and others_reach(str(values["base_url"])):
        # The demo's mailbox shows everybody's mail and links to everybody.
        raise BadSetting("GATHERINGS_DEMO should be 0 where BASE_URL is an address that other people can reach.")
    return Settings(**values)


def _instance(text: str) -> Path:
    folder = Path(text).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except (OSError, ValueError):
        writable = False
    if not writable:
        raise BadSetting(f"GATHERINGS_INSTANCE should be a folder that we may write to, not “{text}”.")
    return folder


def _test_clock(text: str | None, base_url: str) -> str | None:
    if not text:
        return None
    if base_url.startswith("https://"):
        raise BadSetting("GATHERINGS_TEST_CLOCK should be empty where BASE_URL is https: a real clock is never set.")
    if not Path(text).is_absolute() or not Path(text).parent.is_dir():
        raise BadSetting(f"GATHERINGS_TEST_CLOCK should be a full path in a folder that exists, not “{text}”.")
    return text


def _number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise BadSetting(f"{name} should be a whole number from {least} to {most}, not “{text}”.")
    return int(text)


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    text = env.get(name) or default
    if text not in choices:
        raise BadSetting(f"{name} should be one of {', '.join(choices)}, not “{text}”.")
    return text


def _languages(text: str) -> tuple[str, ...]:
    tags = tuple(tag.strip() for tag in text.split(","))
    if not all(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", tag) for tag in tags) or len(set(tags)) < len(tags):
        raise BadSetting(
            f"GATHERINGS_LANGUAGES should be languages with commas between them, like en,sv, not “{text}”."
        )
    return tags


def _split(name: str, text: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # reading it checks it
    except ValueError:
        raise BadSetting(f"{name} should look like {example}.") from None
    return parts


def _base_url(text: str) -> str:
    """Give the address as browsers write it in `Origin`: lower case, no path, no port that the scheme has anyway."""
    example = "https://gatherings.example.org"
    parts = _split("BASE_URL", text, example)
    if (
        parts.scheme not in ("http", "https")
        or not _is_host(parts.hostname)
        or parts.port == 0
        or any(mark in text for mark in "?#@")
    ):
        raise BadSetting(f"BASE_URL should look like {example}, not “{text}”.")
    if parts.path not in ("", "/"):
        raise BadSetting(f"BASE_URL should have no path (like {example}), not “{text}”.")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _is_host(name: str | None) -> bool:
    return bool(name) and re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9a-f:.]+", name or "") is not None


def _database_url(text: str) -> str:
    example = "sqlite:////path/to/file or postgresql://user:word@host/name"
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    if not re.match(r"(sqlite:///|postgresql(\+psycopg)?://)", text) or ":memory:" in text or text == "sqlite:///":
        raise BadSetting(f"DATABASE_URL should look like {example}.")
    if text.startswith("sqlite:///"):
        # A relative file is meant from here; Flask-SQLAlchemy would look for it in a folder of its own.
        return f"sqlite:///{Path(text.removeprefix('sqlite:///')).absolute()}"
    try:
        parts = urlsplit(text)
        named = bool(parts.path.strip("/")) and parts.port != 0  # reading the port checks it
    except ValueError:
        named = False
    if not named:
        raise BadSetting(f"DATABASE_URL should look like {example}.")
    return re.sub(r"^postgresql://", "postgresql+psycopg://", text)


def _smtp(text: str) -> Smtp:
    example = "smtp://user:word@mail.example.org:587?starttls=1"
    parts = _split("SMTP_URL", text, example)
    if parts.scheme not in ("smtp", "smtps") or not _is_host(parts.hostname) or parts.port == 0:
        raise BadSetting(f"SMTP_URL should look like {example} or smtps://….")
    if parts.path not in ("", "/") or parts.fragment:
        raise BadSetting(f"SMTP_URL should end after the port, or with ?starttls=1, like {example}.")
    wants = parse_qs(parts.query, keep_blank_values=True)
    if set(wants) - {"starttls"} or (wants and wants["starttls"] not in (["0"], ["1"])):
        raise BadSetting(f"SMTP_URL takes only starttls=1 or starttls=0 after the question mark, like {example}.")
    tls = "tls" if parts.scheme == "smtps" else "starttls" if wants.get("starttls") == ["1"] else "none"
    port = parts.port or {"tls": 465, "starttls": 587, "none": 25}[tls]
    user, password = parts.username, parts.password
    return Smtp(
        parts.hostname or "", port, unquote(user) if user else None, unquote(password) if password else None, tls
    )


def _default_sender(base_url: str) -> str:
    host = urlsplit(base_url).hostname or "localhost"
    # An address literal or a bare name is no mail domain; the demo needs one all the same.
    return f"gatherings@{host if '.' in host and not re.fullmatch(r'[0-9.]+', host) else 'gatherings.example.org'}"


def _mail_from(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text):
        raise BadSetting(f"MAIL_FROM should be one plain e-mail address like gatherings@example.org, not “{text}”.")
    return text


def _redis(text: str | None) -> str | None:
    if text and not re.fullmatch(r"rediss?://[^/\s]+(/\S*)?", text):
        raise BadSetting("REDIS_URL should look like redis://host:6379/0.")
    return text or None


def _secret_keys(env: Mapping[str, str], instance: Path) -> tuple[str, ...]:
    key = env.get("SECRET_KEY") or _kept_key(instance)
    fallbacks = [part.strip() for part in (env.get("SECRET_KEY_FALLBACKS") or "").split(",") if part.strip()]
    for name, value in [("SECRET_KEY", key), *(("SECRET_KEY_FALLBACKS", part) for part in fallbacks)]:
        if len(value) < 32:
            raise BadSetting(f"{name} should hold at least 32 random characters (try: openssl rand -hex 32).")
    return (key, *fallbacks)


def _kept_key(instance: Path) -> str:
    """Read the key kept in the instance folder, or make it on the first run.

    Two processes that start together agree: each writes a file of its own and links it to the name, which works
    for one of them alone; a key that is only half written is never to be read.
    """
    file = instance / "secret-key"
    if not file.exists():
        own = instance / f"secret-key.{secrets.token_hex(8)}"
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(own, file)
        own.unlink()
    return file.read_text().strip()


def database_url_for_people(settings: Settings) -> str:
    """Give the database's address without its password, for `check` and logs."""
    return re.sub(r"(://[^:/@]*):[^@]*@", lambda match: f"{match[1]}:{quote('…')}@", settings.database_url)
