"""Static files under names that carry their hash, compressed once, kept for a year by browsers.

At the start the files of `static/` are copied under hashed names into the instance folder, with brotli and gzip
beside them; WhiteNoise serves them in front of Flask. Names change with the content, so nothing is ever stale. The
parts in a folder such as `app.css.d/` become one file.
"""

import gzip
import hashlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from gatherings.web.headers import STANDING, STAY

_COMPRESSED = {".css", ".js", ".svg", ".txt", ".json", ".webmanifest"}
_YEAR = 31_536_000


def init_static(app: Flask, source: Path, instance: Path, *, https: bool) -> None:
    """Publish the files of `source` under /static/ and give templates `asset('app.css')`, over TLS or not."""
    standing = STANDING | STAY if https else STANDING

    def add_headers(headers: Headers, path: str, url: str) -> None:
        for name, value in standing.items():
            headers[name] = value

    published = instance / "static"
    names = publish(source, published)
    app.jinja_env.globals["asset"] = lambda name: f"/static/{names[name]}"
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # how middleware is put around a Flask app
        app.wsgi_app,
        root=published,
        prefix="static/",
        max_age=_YEAR,
        immutable_file_test=lambda path, url: True,
        add_headers_function=add_headers,
        allow_all_origins=False,
    )


def publish(source: Path, target: Path) -> dict[str, str]:
    """Copy files to hashed names with compressed twins; give {name: hashed name}. Safe when two processes start."""
    target.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    for name, data in contents(source):
        stem, suffix = name.rsplit(".", 1)
        hashed = f"{stem.replace('/', '-')}.{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"
        names[name] = hashed
        if (target / hashed).exists():
            continue
        if f".{suffix}" in _COMPRESSED:
            import brotli  # heavy enough to be worth it only when a file is new

            _write(target / f"{hashed}.br", brotli.compress(data, quality=11))
            _write(target / f"{hashed}.gz", gzip.compress(data, 9, mtime=0))
        _write(target / hashed, data)
    return names


def contents(source: Path) -> Iterator[tuple[str, bytes]]:
    """Give each file by its name; the parts in a folder such as `app.css.d` are one file, in the order of names."""
    for folder in sorted(source.glob("*.d")):
        yield folder.stem, _one_file([part.read_text("utf-8") for part in sorted(folder.iterdir())], folder.stem)
    for file in sorted(path for path in source.rglob("*") if path.is_file() and path.parent.suffix != ".d"):
        yield file.relative_to(source).as_posix(), file.read_bytes()


def _one_file(parts: list[str], name: str) -> bytes:
    """Join parts, without indentation and without comments that stand on lines of their own."""
    text = "\n".join(parts)
    if name.endswith(".css"):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


def _write(path: Path, data: bytes) -> None:
    # Beside the folder, not in it: another process that starts would find it there, and then find it gone.
    temporary = path.parent.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    temporary.write_bytes(data)
    temporary.replace(path)
