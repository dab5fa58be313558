"""Files under names that carry their hash: compressed once, kept for a year, nothing stale, nothing else."""

import gzip
import hashlib
import re
import threading
from pathlib import Path

import brotli
import pytest

from gatherings.app import data_folder
from gatherings.web.static import contents, publish

SOURCE = data_folder("static")


@pytest.fixture
def asset(app):
    return app.jinja_env.globals["asset"]


def test_every_file_is_served_under_its_hash_for_a_year(client, asset):
    files = dict(contents(SOURCE))
    assert {"app.css", "app.js"} <= set(files)
    for name, data in files.items():
        url = asset(name)
        assert hashlib.sha256(data).hexdigest()[:12] in url
        answer = client.get(url)
        assert (answer.status_code, answer.data) == (200, data)
        assert answer.headers["Cache-Control"].split(", ")[1:] == ["public", "immutable"]
        assert int(answer.headers["Cache-Control"].split(",")[0].removeprefix("max-age=")) >= 365 * 24 * 3600
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("accepts", "encoding", "unpack"), [
    ("br, gzip", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress), ("identity", None, bytes),
])  # fmt: skip
def test_compressed_twins_are_sent_to_whoever_takes_them(client, asset, accepts, encoding, unpack):
    answer = client.get(asset("app.css"), headers={"Accept-Encoding": accepts})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert unpack(answer.data) == dict(contents(SOURCE))["app.css"]
    assert answer.headers["Content-Type"].startswith("text/css")


def test_who_has_it_already_gets_nothing_again(client, asset):
    first = client.get(asset("app.css"))
    again = client.get(asset("app.css"), headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["/static/app.css", "/static/", "/static/nothing.js", "/static/../config.py", "/static/%2e%2e/secret-key",
     "/static/..%2fsecret-key", "/static//etc/passwd", "/static/app.css%00", "/instance/secret-key", "/secret-key"],
)  # fmt: skip
def test_anything_else_is_not_there(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_writing_to_a_file_is_not_taken(client, asset):
    assert client.post(asset("app.css")).status_code in (404, 405)


def test_pages_name_their_files_by_hash(client, asset):
    page = client.get("/privacy").text
    assert asset("app.css") in page
    assert '"/static/app.css"' not in page


def test_a_name_that_is_none_is_an_error_of_ours(asset):
    with pytest.raises(KeyError):
        asset("misspelt.css")


def make_source(folder: Path, text: str = "body {}") -> Path:
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    (folder / "app.css").write_text(text)
    (folder / "fonts" / "text.woff2").write_bytes(b"\x00\x01")
    return folder


def test_changed_content_has_another_name_and_the_old_one_stays(tmp_path):
    """A page that was opened before an update still finds its files."""
    first = publish(make_source(tmp_path / "one"), tmp_path / "out")
    second = publish(make_source(tmp_path / "two", "body { color: red }"), tmp_path / "out")
    assert first["app.css"] != second["app.css"]
    assert (
        first["fonts/text.woff2"]
        == second["fonts/text.woff2"]
        == "fonts-text." + hashlib.sha256(b"\x00\x01").hexdigest()[:12] + ".woff2"
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        name for names in (first, second) for name in (
            names["app.css"], f"{names['app.css']}.br", f"{names['app.css']}.gz", names["fonts/text.woff2"]
        )
    }  # fmt: skip


def test_what_is_there_is_not_written_again(tmp_path):
    source, target = make_source(tmp_path / "in"), tmp_path / "out"
    name = publish(source, target)["app.css"]
    before = (target / name).stat().st_mtime_ns
    publish(source, target)
    assert (target / name).stat().st_mtime_ns == before


def test_threads_that_start_together_publish_whole_files_and_leave_nothing_else(tmp_path):
    """A file that is being written must not be found by another process that lists the folder."""
    source, target = make_source(tmp_path / "in", "x" * 500_000), tmp_path / "out"
    target.mkdir()
    seen: set[str] = set()
    going = threading.Event()

    def look() -> None:
        while not going.is_set():
            seen.update(path.name for path in target.iterdir())

    watcher = threading.Thread(target=look)
    watcher.start()
    writers = [threading.Thread(target=publish, args=(source, target)) for _ in range(4)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    going.set()
    watcher.join()
    names = publish(source, target)
    whole = {names["app.css"], f"{names['app.css']}.br", f"{names['app.css']}.gz", names["fonts/text.woff2"]}
    assert seen <= whole
    assert {path.name for path in target.iterdir()} == whole
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
    assert (target / names["app.css"]).read_text() == "x" * 500_000


def test_parts_become_one_file_in_the_order_of_their_names(tmp_path):
    folder = tmp_path / "app.css.d"
    folder.mkdir()
    (folder / "20-base.css").write_text("a {\n  color: red; /* why */\n}\n")
    (folder / "10-first.css").write_text("/* two\nlines */\n@layer base;\n")
    script = tmp_path / "app.js.d"
    script.mkdir()
    (script / "10-one.js").write_text("// why\nconst one = 1; // stays\n")
    assert dict(contents(tmp_path)) == {
        "app.css": b"@layer base;a{color:red}",
        "app.js": b"const one = 1; // stays",
    }


def test_stylesheets_name_fonts_by_their_hash(tmp_path):
    source = make_source(tmp_path / "in", "@font-face { src: url(fonts/text.woff2) format('woff2') }")
    names = publish(source, tmp_path / "out")
    assert f"url({names['fonts/text.woff2']})" in (tmp_path / "out" / names["app.css"]).read_text()
    (source / "fonts" / "text.woff2").write_bytes(b"another")
    assert publish(source, tmp_path / "out")["app.css"] != names["app.css"]


def test_a_font_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(KeyError):
        publish(make_source(tmp_path / "in", "a { src: url(fonts/lost.woff2) }"), tmp_path / "out")


def test_fonts_are_small_compressed_once_and_taken_by_the_page_itself(client, asset):
    """The two that a first view needs; 35 KB together (performance.md: 60 KB with all the rest)."""
    page = client.get("/privacy").text
    weight = 0
    for name in ("fonts/text.woff2", "fonts/title.woff2"):
        assert f'<link rel="preload" href="{asset(name)}" as="font" type="font/woff2" crossorigin>' in page
        assert asset(name).removeprefix("/static/") in dict(contents(SOURCE))["app.css"].decode()
        answer = client.get(asset(name), headers={"Accept-Encoding": "br, gzip"})
        assert answer.headers.get("Content-Encoding") is None
        assert answer.headers["Content-Type"] == "font/woff2"
        weight += len(answer.data)
    assert weight <= 35 * 1024


def test_rarer_letters_come_by_range_and_common_ones_at_once():
    css = dict(contents(SOURCE))["app.css"].decode()
    faces = re.findall(r"@font-face\{font-family:(\w+);[^}]*src:url\(fonts-([\w-]+)\.\w+\.woff2\)([^}]*)", css)
    assert [(family, file) for family, file, _ in faces] == [
        ("Text", "text"), ("Text", "text-more"), ("Title", "title"), ("Title", "title-more"),
    ]  # fmt: skip
    for _, file, rest in faces:
        ranges = [part.split("-") for part in re.findall(r"U\+([0-9A-F-]+)", rest)]
        rare = {code for ends in ranges for code in range(int(ends[0], 16), int(ends[-1], 16) + 1)}
        if file.endswith("-more"):
            assert {ord(letter) for letter in "ŁłŽžřğİıńőșŒưếạ№"} <= rare
            # What a first view has must not ask for them.
            assert rare.isdisjoint(map(ord, "Aaz09éßüÅøñāēĪŌū‘’“”–—…→·½×€ " + "\u202f\u2011"))
        else:
            assert rare == set()
