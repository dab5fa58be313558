"""Who is let in when: by order of arrival, readers soon, writers never forgotten."""

import io
import threading
from collections import Counter

import pytest

from gatherings.web.hall import BEGINNING, BIG, MOST, BodiesFirst, Turnstile


class Work:
    """An app in which everybody stays until they are let go, and that notes who came in and how many were there."""

    def __init__(self):
        self.came: list[str] = []
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.go = threading.Semaphore(0)

    def __call__(self, environ, start_response):
        method = environ["REQUEST_METHOD"]
        with self.lock:
            self.came.append(environ["name"])
            self.inside[method] += 1
            self.inside["all"] += 1
            self.most |= self.inside
        assert self.go.acquire(timeout=10)
        with self.lock:
            self.inside[method] -= 1
            self.inside["all"] -= 1
        return [b""]


class Crowd:
    """Requests in threads, each known to be inside or in line before the next one comes."""

    def __init__(self, most):
        self.work = Work()
        self.turnstile = Turnstile(self.work, most)
        self.threads: list[threading.Thread] = []

    def send(self, *names):
        for name in names:
            method = "POST" if name.startswith("w") else "GET"
            before = self.known
            thread = threading.Thread(target=self.turnstile, args=({"REQUEST_METHOD": method, "name": name}, None))
            thread.start()
            self.threads.append(thread)
            wait_until(lambda before=before: self.known > before)

    @property
    def known(self):
        return len(self.work.came) + len(self.turnstile._readers) + len(self.turnstile._writers)

    def end(self):
        for _ in self.threads:
            came = len(self.work.came)
            line = len(self.turnstile._readers) + len(self.turnstile._writers)
            self.work.go.release()
            if line:
                wait_until(lambda came=came: len(self.work.came) > came)
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()


def wait_until(true, seconds=10.0):
    done = threading.Event()
    for _ in range(int(seconds / 0.001)):
        if true():
            return
        done.wait(0.001)
    raise AssertionError("it never came to be")


def test_as_many_as_may_are_inside_and_a_quarter_is_kept_for_readers():
    crowd = Crowd(4)
    crowd.send("w1", "w2", "w3", "w4", "w5", "r1", "r2")
    assert sorted(crowd.work.came) == ["r1", "w1", "w2", "w3"]
    crowd.end()
    assert crowd.work.most["all"] == 4
    assert crowd.work.most["POST"] == 3
    assert len(crowd.work.came) == 7


def test_each_kind_is_let_in_by_order_of_arrival_and_writers_are_not_forgotten():
    crowd = Crowd(1)
    crowd.send("r0", "w1", "w2", "r1", "r2", "r3", "r4", "r5", "r6", "r7")
    crowd.end()
    assert crowd.work.came == ["r0", "r1", "r2", "r3", "w1", "r4", "r5", "r6", "w2", "r7"]


def test_one_place_is_enough_for_a_writer():
    crowd = Crowd(1)
    crowd.send("w1", "w2")
    crowd.end()
    assert crowd.work.came == ["w1", "w2"]


def test_a_fault_inside_gives_its_place_back():
    def fails(environ, start_response):
        raise RuntimeError

    def start(status, headers, exc_info=None):
        return lambda data: None

    turnstile = Turnstile(fails, 1)
    for method in ("GET", "POST", "GET"):
        with pytest.raises(RuntimeError):
            list(turnstile({"REQUEST_METHOD": method}, start))


@pytest.mark.parametrize(
    ("path", "cookie", "length", "read"),
    [
        ("/events/x/register", "", MOST, True),
        ("/events/x/register", "organiser=1", MOST + 1, False),
        ("/organise/events/x/registrations/import", "", MOST + 1, False),
        ("/organise/events/x/registrations/import", "zone=UTC; organiser=1", MOST + 1, True),
        ("/organise/events/x/registrations/import", "__Host-organiser=1", BIG, True),
        ("/organise/events/x/registrations/import", "organiser=1", BIG + 1, False),
        ("/submissions/mine/slide", "", BIG, True),
        ("/submissions/guessed/slide", "", MOST + 1, False),
        ("/submissions/mine", "", MOST + 1, False),
    ],
)
def test_what_is_sent_is_read_before_the_app_files_too(path, cookie, length, read):
    met = {}
    sent = io.BytesIO(b"x" * length)
    hall = BodiesFirst(lambda environ, start: met.update(environ) or [], 2, knows=lambda token: token == "mine")
    environ = {"PATH_INFO": path, "HTTP_COOKIE": cookie, "CONTENT_LENGTH": str(length), "wsgi.input": sent}
    hall({**environ, "REQUEST_METHOD": "POST"}, lambda status, headers, error=None: print)
    assert (met["wsgi.input"] is not sent) is read
    assert len(met["wsgi.input"].read()) == length


def test_of_a_slide_that_is_too_large_the_words_before_it_are_read():
    met = {}
    hall = BodiesFirst(lambda environ, start: met.update(environ) or [], 2, knows=lambda token: token == "mine")
    sent = io.BytesIO(b"words" + b"x" * BIG)
    environ = {"PATH_INFO": "/submissions/mine/slide", "CONTENT_LENGTH": str(BIG + 5), "wsgi.input": sent}
    hall({**environ, "REQUEST_METHOD": "POST"}, lambda status, headers, error=None: print)
    assert met["CONTENT_LENGTH"] == str(BIG + 5)  # so that the app knows
    assert met["wsgi.input"].read().startswith(b"words")
    assert sent.tell() == BEGINNING
