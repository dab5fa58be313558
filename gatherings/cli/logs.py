"""Logs: text at a terminal, JSON otherwise; no tokens, no addresses (reliability rule 22)."""

import logging
import re
from typing import Any

_ADDRESS = re.compile(r"[\w.+-]+@([\w-]+\.[\w.-]+)")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}\.[0-9]{1,9}\.[A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{40,}")


def redact(text: str) -> str:
    """Shorten addresses to their domain and take tokens out."""
    return _TOKEN.sub("[token]", _ADDRESS.sub(r"…@\1", text))


def _redacted(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def init_logs(form: str) -> None:
    """Send the log to standard error in one form for everything."""
    import structlog  # what reads commands alone needs no log

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=["request_id"]),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    last = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("gatherings.requests").setLevel(logging.WARNING)
