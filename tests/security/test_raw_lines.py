"""Raw junk and slow clients against the real server (C8, C12, C17, C29, C30): 4xx, nothing falls over, others are served."""  # noqa: E501

import socket
import threading
import time
import urllib.request
from contextlib import ExitStack
from datetime import datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.factories import make_event
from tests.servers import running_server

QUICK = 3.0  # seconds within which others are served while somebody is slow
LONGEST = 4.0
FORM = b"application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def place(sqlite_template, tmp_path_factory):
    """A server with few threads and one event, for all tests of this file."""
    folder = tmp_path_factory.mktemp("raw")
    with sqlite_template.fresh(folder) as url:
        engine = create_engine(url)
        with Session(engine) as session:
            event = make_event(session, starts_local=datetime(2031, 1, 1, 18, 0))
            slug = event.slug
            session.commit()
        engine.dispose()
        with running_server(folder, url, workers=1, threads=4) as server:
            yield server, slug


def connect(server, timeout=20):
    return socket.create_connection(("127.0.0.1", server.port), timeout=timeout)


def answer_to(server, data, *, timeout=20, hang_up=False):
    """Send bytes, read until the server has said all or hung up; give what came."""
    with connect(server, timeout) as line:
        try:
            line.sendall(data)
            if hang_up:  # else the server would take us for gone before it has answered
                line.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = b""
        try:
            while piece := line.recv(65536):
                got += piece
                if b"\r\n\r\n" in got and complete(got):
                    break
        except OSError:
            pass
        return got


def complete(got):
    head, _, body = got.partition(b"\r\n\r\n")
    for row in head.lower().split(b"\r\n"):
        if row.startswith(b"content-length:"):
            return len(body) >= int(row.split(b":")[1])
    return False


def status(got):
    return int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/") else None


def serves(server):
    began = time.monotonic()
    with urllib.request.urlopen(f"{server.url}/", timeout=10) as response:
        assert response.status == 200
    return time.monotonic() - began


def request(server, method, path, body=b"", *headers):
    rows = [method + b" " + path + b" HTTP/1.1", b"Host: 127.0.0.1:%d" % server.port, b"Connection: close",
            b"Sec-Fetch-Site: same-origin", b"Content-Length: %d" % len(body), *headers]  # fmt: skip
    return b"\r\n".join(rows) + b"\r\n\r\n" + body


JUNK = [
    b"\x00" * 2000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500, b"GET", b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",  # noqa: E501
    b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"G\x00T / HTTP/1.1\r\n\r\n",  # noqa: E501
    b"GET / HTTP/1.1\r\n" + b"A" * 200_000 + b"\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",  # noqa: E501
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rb\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",  # noqa: E501
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1e9\r\n\r\n",  # noqa: E501
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",  # noqa: E501
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 64,  # noqa: E501
    b"CONNECT evil.example.net:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: ascii(junk[:24]))
def test_junk_is_refused_and_the_next_one_is_served(place, junk):
    server, _slug = place
    code = status(answer_to(server, junk, timeout=15, hang_up=True))
    assert code is None or 300 <= code < 500 or (code == 505) or (code == 200 and junk.startswith(b"OPTIONS")), code
    assert serves(server) < QUICK


PATHS = [
    b"/%00", b"/events/%00", b"/events/%ff%fe", b"/events/%c0%ae%c0%ae/", b"/static/../../etc/passwd", b"/static/%2e%2e/%2e%2e/etc/passwd",  # noqa: E501
    b"/static/..%5c..%5cwindows", b"/static//etc/passwd", b"/static/%00", b"/static/.zone", b"/../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd",  # noqa: E501
    b"/registrations/%ed%a0%80", b"/join/%F0%9F", b"/calendar/%00.ics", b"/my-data/%0d%0aX:y", b"/events/" + b"a/" * 3000,  # noqa: E501
    b"/events" + b"%2f" * 3000, b"/events/" + b"%41" * 2500, b"/static/" + b"../" * 500 + b"etc/passwd", b"/events/x;param", b"/events/%",  # noqa: E501
    b"/events/%zz", b"/events/x%0a", b"/events/x%20", b"/.git/config", b"/.env", b"/instance/secret-key", b"/gatherings.sqlite",  # noqa: E501
]  # fmt: skip
QUERIES = [
    b"?q=%00", b"?q=%ff%fe", b"?q=" + b"a" * 8000, b"?" + b"q=1&" * 2000, b"?month=9999-99", b"?month=0000-00", b"?month=%00", b"?after=%00",  # noqa: E501
    b"?zone=%00", b"?zone=" + b"x" * 8000, b"?community=%ff", b"?mode=%00", b"?q=%25%5f%5c", b"?q=(((((((((((((((((((a*)*)*)*)*", b"?q[]=1&q[a][b]=2",  # noqa: E501
    b"?%00=%00", b"?=&=&&&", b"?month=2026-1%D9%A1", b"?q=" + b"%F0%9F%91%A9" * 600, b"?q=' OR 1=1--", b"?after=' UNION SELECT 1--",  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ascii(path[:30]))
def test_paths_that_are_none_are_4xx(place, path):
    server, _slug = place
    for method in (b"GET", b"POST", b"HEAD"):
        got = answer_to(server, request(server, method, path, b"a=b" if method == b"POST" else b""))
        assert status(got) in range(300, 500), got[:300]
        assert b"root:" not in got
        assert b"Traceback" not in got


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: ascii(query[:30]))
def test_queries_that_are_nonsense_give_a_page_or_4xx_in_time(place, query):
    server, slug = place
    for page in (b"/", b"/zones", b"/events/" + slug.encode(), b"/find-my-registration"):
        began = time.monotonic()
        got = answer_to(server, request(server, b"GET", page + query.replace(b" ", b"%20")))
        assert status(got) in (200, 301, 302, 400, 404, 414, 431), got[:200]
        assert time.monotonic() - began < LONGEST


@pytest.mark.parametrize("name", [b"Cookie", b"X-Visitor-Zone", b"HX-Request", b"Accept-Encoding", b"Accept-Language", b"If-None-Match",  # noqa: E501
                                  b"If-Modified-Since", b"Range", b"Content-Type", b"HX-Current-URL", b"Origin", b"User-Agent"])  # fmt: skip  # noqa: E501
@pytest.mark.parametrize("value", [b"\xff\xfe", b"a" * 6000, b"=;=;,,\"'\\", b"\xed\xa0\x80", b"zone=\xc3\x28; zone=%00", b"q=0.9;;q=x,*;q=nan"],  # noqa: E501
                         ids=lambda value: ascii(value[:12]))  # fmt: skip
def test_headers_that_are_nonsense_are_read_as_nothing(place, name, value):
    server, slug = place
    for path in (b"/", b"/events/" + slug.encode() + b"/event.ics"):
        got = answer_to(server, request(server, b"GET", path, b"", name + b": " + value))
        assert status(got) in (200, 304, 400, 412, 416, 431), got[:200]


def bodies():
    parts = (
        b"".join(b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\nb\r\n' % n for n in range(3000))
        + b"--x--\r\n"
    )
    deep = b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n" * 500
    return {
        "413": (b"name=" + b"a" * 300_000, FORM, {413}),
        "parts": (parts, b"multipart/form-data; boundary=x", {400, 413}),
        "deep": (deep, b"multipart/form-data; boundary=x", {400, 413, 422}),
        "fields": (b"a=b&" * 60_000, FORM, {400, 413, 422}),
        "names": (b"&".join(b"q_%d=1" % n for n in range(25_000)), FORM, {400, 413, 422}),
        "nul": (b"name=%00&email=a%00@example.org&zone=%00", FORM, {422}),
        "bad utf-8": (b"name=\xff\xfe&email=\xed\xa0\x80&zone=\xc0\xaf", FORM, {400, 422}),
        "accents": (b"email=a&name=" + b"%CC%81" * 40_000, FORM, {413, 422}),
        "address": (b"name=a&zone=UTC&email=" + b"a." * 60_000 + b"@" + b"b." * 60_000, FORM, {413, 422}),
        "at signs": (b"name=a&zone=UTC&email=" + b"@" * 200_000, FORM, {413, 422}),
        "dots": (b"email=a&name=" + b"a." * 100_000, FORM, {413, 422}),
        "spaces": (b"email=a&name=x" + b"+" * 200_000 + b"x", FORM, {413, 422}),
        "boundary": (b"--" + b"-" * 200_000, b"multipart/form-data; boundary=" + b"-" * 60, {400, 413, 422}),
        "file": (b'--x\r\nContent-Disposition: form-data; name="name"; filename="../../x"\r\n\r\n<?php\r\n--x--\r\n',
                 b"multipart/form-data; boundary=x", {400, 422}),
        "json": (b'{"name":' * 5000, b"application/json", {400, 415, 422}),
        "charset": (b"name=a", FORM + b"; charset=utf-7", {400, 422}),
        "encoding": (b"\x1f\x8b\x08\x00" + b"\x00" * 100, FORM + b"\r\nContent-Encoding: gzip", {400, 415, 422}),
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(bodies()))
def test_bodies_that_are_nonsense_are_refused_in_time(place, kind):
    server, slug = place
    body, content_type, codes = bodies()[kind]
    began = time.monotonic()
    got = answer_to(
        server,
        request(server, b"POST", b"/events/" + slug.encode() + b"/register", body, b"Content-Type: " + content_type),
    )
    assert status(got) in codes, got[:300]
    assert time.monotonic() - began < LONGEST
    assert b"Traceback" not in got
    assert serves(server) < QUICK


def test_a_body_that_says_it_is_huge_is_refused_before_it_comes(place):
    server, slug = place
    with connect(server) as line:
        line.sendall(
            b"POST /events/%b/register HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nSec-Fetch-Site: same-origin\r\n"
            b"Content-Type: %b\r\nContent-Length: 99999999999\r\n\r\nname=" % (slug.encode(), server.port, FORM)
        )
        line.settimeout(10)
        began = time.monotonic()
        got = line.recv(4096)
    assert status(got) in (400, 413)
    assert time.monotonic() - began < LONGEST


@pytest.mark.parametrize("kind", ["head", "body", "chunked", "silent", "unread"])
def test_slow_clients_keep_nobody_waiting(place, kind):
    """Forty at once, ten for each thread of the server."""
    server, slug = place
    path = b"/events/" + slug.encode() + b"/register"
    begun = {
        "head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        "body": request(server, b"POST", path, b"x" * 1000, b"Content-Type: " + FORM)[:-990],
        "chunked": b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nSec-Fetch-Site: same-origin\r\nContent-Type: " % server.port + FORM  # noqa: E501
        + b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nname=\r\n",
        "silent": b"",
        "unread": request(server, b"GET", b"/zones") * 1,
    }[kind]  # fmt: skip
    stop = threading.Event()
    with ExitStack() as stack:
        lines = [stack.enter_context(connect(server)) for _ in range(40)]
        for line in lines:
            if kind == "unread":
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            line.sendall(begun)

        def drip():
            while not stop.wait(0.5):
                for line in lines if kind in ("head", "body") else ():
                    try:
                        line.sendall(b"a")
                    except OSError:
                        continue

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            time.sleep(1)
            waits = [serves(server) for _ in range(5)]
            # Whoever sends a form in one piece is registered meanwhile.
            began = time.monotonic()
            form = f"name=Ada&email={kind}%40example.org&zone=Europe%2FLondon".encode()
            taken = answer_to(server, request(server, b"POST", path, form, b"Content-Type: " + FORM))
            waits.append(time.monotonic() - began)
        finally:
            stop.set()
            thread.join()
    assert status(taken) == 303, taken[:300]
    assert max(waits) < QUICK, waits
    assert "Traceback" not in server.log_text
