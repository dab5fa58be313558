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
from gatherings.web.middleware import put_around

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
    put_around(
        app,
        lambda inner: WhiteNoise(
            inner,
            root=published,
            prefix="static/",
            max_age=_YEAR,
            immutable_file_test=lambda path, url: True,
            add_headers_function=add_headers,
            allow_all_origins=False,
        ),
    )


def publish(source: Path, target: Path) -> dict[str, str]:
    """Copy files to hashed names with compressed twins; give {name: hashed name}. Safe when two processes start."""
    target.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    for name, data in contents(source):
        hashed = names[name] = _hashed(name, data)
        if (target / hashed).exists():
            continue
        if Path(name).suffix in _COMPRESSED:  # fonts and pictures are compressed already
            import brotli  # heavy enough to be worth it only when a file is new

            _write(target / f"{hashed}.br", brotli.compress(data, quality=11))
            _write(target / f"{hashed}.gz", gzip.compress(data, 9, mtime=0))
        _write(target / hashed, data)
    return names


def contents(source: Path) -> Iterator[tuple[str, bytes]]:
    """Give each file by its name; the parts in a folder such as `app.css.d` are one file, in the order of names.

    What a stylesheet names by `url(…)` is named by its hash there; raises KeyError for a file that is not here.
    """
    names: dict[str, str] = {}
    styles: list[tuple[str, bytes]] = []
    for name, data in _found(source):
        if name.endswith(".css"):
            styles.append((name, data))
        else:
            names[name] = _hashed(name, data)
            yield name, data
    for name, data in styles:
        yield name, re.sub(rb"url\(([^)]+)\)", lambda of: f"url({names[of[1].decode()]})".encode(), data)


def _found(source: Path) -> Iterator[tuple[str, bytes]]:
    for folder in sorted(source.glob("*.d")):
        yield folder.stem, _one_file([part.read_text("utf-8") for part in sorted(folder.iterdir())], folder.stem)
    for file in sorted(path for path in source.rglob("*") if path.is_file() and path.parent.suffix != ".d"):
        yield file.relative_to(source).as_posix(), file.read_bytes()


def _hashed(name: str, data: bytes) -> str:
    stem, suffix = name.rsplit(".", 1)
    return f"{stem.replace('/', '-')}.{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"


def _one_file(parts: list[str], name: str) -> bytes:
    """Join parts, without what only people need: indentation, comments on lines of their own, room in stylesheets."""
    text = "\n".join(parts)
    if name.endswith(".css"):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        text = re.sub(r"\s*([{};,])\s*", r"\1", text)  # none of these stands in a text (`content`) of ours
        text = re.sub(r"([\w-]): ", r"\1:", text).replace(";}", "}")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


def _write(path: Path, data: bytes) -> None:
    # Beside the folder, not in it: another process that starts would find it there, and then find it gone.
    temporary = path.parent.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    temporary.write_bytes(data)
    temporary.replace(path)
