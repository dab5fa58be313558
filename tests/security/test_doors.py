"""Every view of the application, found in its URL map: who may open it, what opening does, how it is stored."""

import re

import pytest

from gatherings.web.headers import CONTENT_SECURITY_POLICY
from tests.security.doors import FAMILY, NEW_ADDRESS, SECRETS, mailbox_paths

HX = {"HX-Request": "true"}
NO_STORE = {"no-store"}
FEED = {"private, no-cache"}  # a calendar asks again and gets 304; no cache between may keep it
ACTING = (
    "?sure=yes&side=online&email=x@example.org&name=Eve&zone=UTC&done=cancelled&_method=POST&fax=1&confirm=1&token=x"
)
OVERRIDES = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST", "X-HTTP-Method": "POST"}
# Whatever a form of ours could want, so that nothing but the origin keeps a press from acting.
FILLED = {
    "name": "Eve Elsewhere", "email": NEW_ADDRESS, "zone": "Europe/London", "wish": "online", "side": "online",
    "every": "one", "code_agreed": "yes", "sure": "yes", "next": "/", "fax": "",
}  # fmt: skip


@pytest.fixture
def visitor(demo):
    return demo.test_client()


def test_every_door_opens_with_its_own_link(town, visitor):
    """The other tests of this file say little if the addresses that they try lead nowhere."""
    codes = {repr(door): visitor.get(door.path).status_code for door in town.doors() if "GET" in door.rule.methods}
    expected = {200, 302}
    closed = ("/readyz", "/style")  # nothing runs here; and that page is for development alone
    assert {door: code for door, code in codes.items() if code not in expected and not door.startswith(closed)} == {}
    assert len(codes) > 40


def closed_to_others(door):
    """What a form of elsewhere is answered: the payment service's notices come from there, but it is none here."""
    return 404 if door.rule.rule == "/payments/stripe/webhook" else 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://gatherings.test"},
        {"Sec-Fetch-Site": "cross-site", **HX},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_no_press_is_taken_from_another_site(town, visitor, headers):
    before = town.books()
    for door in town.doors():
        answer = visitor.post(door.path, data=FILLED, headers=headers)
        assert answer.status_code == closed_to_others(door), door
        assert "Set-Cookie" not in answer.headers
    assert town.books() == before


def test_no_press_is_taken_from_a_program_that_says_nothing(town, demo):
    before, program = town.books(), demo.test_client()
    program.fetch_site = None
    for headers in ({}, {"Origin": "null"}, {"Origin": "http://gatherings.test.example.org"}, {"Referer": "/"}):
        for door in town.doors():
            answer = program.post(door.path, data=FILLED, headers=headers)
            assert answer.status_code == closed_to_others(door), (door, headers)
    assert town.books() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("headers", [{}, HX, OVERRIDES], ids=["page", "fragment", "override"])
def test_looking_changes_nothing(town, visitor, method, headers):
    """C26: mail scanners open every link, some with HEAD; some send a body."""
    before = town.books()
    for door in town.doors():
        answer = visitor.open(door.path + ACTING, method=method, headers=headers, data=FILLED)
        assert answer.status_code < 400 or answer.status_code in (404, 405) or "/readyz" in door.path, door
        if door.rule.rule != "/zone":
            assert "Set-Cookie" not in answer.headers, door
    assert town.books() == before


def test_other_methods_are_refused(town, visitor):
    before = town.books()
    for door in town.doors():
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
            assert visitor.open(door.path, method=method, data=FILLED).status_code in (403, 404, 405), (door, method)
    assert town.books() == before


def wrong_tokens(town, door, other_app, turn):
    """Make tokens that are none: junk, cut, changed, of another purpose, of another key, of another version.

    Each door has a third of the junk, by turns: one piece of code reads the tokens of them all.
    """
    purpose, taken = (
        door.purpose,
        {*door.right.removeprefix("link:").split(","), *(FAMILY if door.purpose in FAMILY else ())},
    )
    right = town.tokens[purpose]
    public_id = town.single.public_id
    signed = {name: token for name, token in town.tokens.items() if name not in SECRETS}
    foreign = [token for name, token in town.tokens.items() if name not in taken]
    changed = right[:-1] + ("A" if right[-1] != "A" else "B")
    made = [
        "x",
        ".",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "%ff",
        "a" * 3000,
        public_id,
        f"{public_id}.1",
        f"{public_id}.1.",
    ]
    made += [
        changed,
        right[:-1],
        right + "x",
        right.swapcase(),
        f" {right}",
        f"{right}%0a",
        "null",
        "-1",
        "0",
        "%2e%2e",
    ]
    made = made[turn % 3 :: 3]
    if purpose in signed:
        identity, version, signature = right.split(".")
        other = other_app.extensions["gatherings.signer"]
        made += [
            f"{identity}.{int(version) + 1}.{signature}", f"{identity}.0{version}.{signature}",
            town.signer.sign(purpose, identity, int(version) + 1), town.signer.sign(purpose, identity, 0),
            town.signer.sign(purpose, public_id[::-1], 1), other.sign(purpose, identity, int(version)),
        ]  # fmt: skip
    return made + foreign


def test_a_link_that_is_not_right_leads_nowhere(town, visitor, make_another):
    """C22, C24: junk, foreign, for another purpose, of an older version, of another key."""
    other_app = make_another(SECRET_KEY="another key altogether, 0123456789abcdef")
    before = town.books()
    tried = 0
    for turn, door in enumerate(town.doors()):
        if door.purpose is None:
            continue
        for wrong in wrong_tokens(town, door, other_app, turn):
            path = door.path.replace(town.tokens[door.purpose], wrong, 1)
            for method in ("GET", "POST") if door.posts else ("GET",):
                town.forgive()
                answer = visitor.open(path, method=method, data=FILLED)
                assert answer.status_code == 404, (door, method, wrong)
                assert town.event.title not in answer.text
                tried += 1
    assert tried > 500
    assert town.books() == before


def test_a_button_of_the_other_kind_of_registration_leads_back_to_ones_own_page(town, visitor):
    before = town.books()
    for door in town.doors():
        if door.purpose not in FAMILY or set(door.right.removeprefix("link:").split(",")) >= FAMILY:
            continue
        if "POST" not in door.rule.methods:  # a paper to look at, and no button
            continue
        [other] = FAMILY - {door.purpose}
        path = door.path.replace(town.tokens[door.purpose], town.tokens[other], 1)
        answer = visitor.post(path, data=FILLED)
        assert (answer.status_code, answer.location) == (302, f"/registrations/{town.tokens[other]}"), door
    assert town.books() == before


def test_a_secret_that_is_not_right_leads_nowhere(town, visitor):
    before = town.books()
    for door in town.doors():
        if "secret" not in door.rule.arguments:
            continue
        right = town.values["series_secret" if door.purpose == "address-series" else "secret"]
        for wrong in ("x", "a" * 43, town.tokens["my-data"], right[:-1], "%00", "a" * 3000):
            path = door.path.replace(right, wrong)
            for method in ("GET", "POST"):
                town.forgive()
                assert visitor.open(path, method=method).status_code == 404, (method, wrong)
    assert town.books() == before


def test_parts_of_addresses_that_are_somebody_elses_lead_nowhere(town, visitor):
    """C22: another's date, another's consent, numbers out of all bounds."""
    before = town.books()
    for door in town.doors():
        for name, others in {
            "public_id": [town.single.public_id, "x", "a" * 22, "%00"],
            "consent_id": ["999", "0", str(2**31 - 1)],
            "mail_id": ["999", "0", str(2**31), str(2**63), "9" * 40],
        }.items():
            if name not in door.rule.arguments or door.path.startswith("/organise/"):
                continue  # those are behind the sign-in page: tests/organise
            for other in others:
                head, found, tail = door.path.rpartition(f"/{town.values[name]}")
                assert found
                method = "POST" if door.posts else "GET"
                answer = visitor.open(f"{head}/{other}{tail}", method=method, data=FILLED)
                assert answer.status_code == 404, (door, other)
    assert town.books() == before


def test_slugs_that_are_none_lead_nowhere(town, visitor):
    wrong = ["x", "X" * 300, "a" * 5000, "%00", "%ff%fe", "..%2f..", "%2e%2e", "a'--", "%25", "_", "-", "a%0d%0aSet-Cookie:x",  # noqa: E501
             "<script>", "drafts%00", "ａ"]  # fmt: skip
    for door in town.doors():
        if "slug" in door.rule.arguments:
            slug = door.path.split("/")[2]
            for other in wrong:
                answer = visitor.get(door.path.replace(slug, other, 1))
                assert answer.status_code == 404, (door, other)
                assert "<script>" not in answer.text.replace("<script defer", "")


def test_drafts_are_nowhere(town, visitor, session):
    town.event.status = "draft"
    for door in town.doors():
        if "slug" in door.rule.arguments and town.event.slug in door.path:
            for method in ("GET", "POST") if door.posts else ("GET",):
                answer = visitor.open(door.path, method=method, data=FILLED)
                assert answer.status_code == 404, door
                assert town.event.title not in answer.text
    assert town.event.title not in visitor.get("/").text


def policies(answer):
    return answer.headers.getlist("Content-Security-Policy")


def test_every_answer_carries_the_policy(town, visitor):
    """Pages, files, fragments, refusals: nothing inline, nothing from elsewhere, no frames."""
    for door in town.doors():
        for method, headers in (("GET", {}), ("GET", HX), ("POST", {}), ("HEAD", {}), ("OPTIONS", {}), ("PUT", {})):
            town.forgive()
            answer = visitor.open(door.path, method=method, headers=headers)
            [policy] = policies(answer)
            if door.rule.rule.endswith("/html") and answer.status_code == 200 and method in ("GET", "HEAD"):
                assert policy.startswith("default-src 'none'")
                assert "sandbox" in policy
                assert "script" not in policy
            elif "/pictures/" in door.rule.rule and answer.status_code == 200 and method in ("GET", "HEAD"):
                assert policy == "default-src 'none'; sandbox"
            else:
                # A cover has one style of its own, allowed by its hash.
                policy = re.sub(r"style-src 'sha256-[A-Za-z0-9+/]{43}='", "style-src 'self'", policy)
                assert policy.startswith(CONTENT_SECURITY_POLICY), (door, method)
                assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_what_is_somebodys_own_is_stored_nowhere_and_found_by_no_one(town, visitor):
    """C25, C31: also after a press, also when refused, also as a fragment."""
    for door in town.doors():
        if door.purpose is None:
            continue
        methods = ("GET", "HEAD", "OPTIONS", "POST", "PUT")
        for method in methods:
            for headers in ({}, HX, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}):
                town.forgive()
                answer = visitor.open(door.path, method=method, headers=headers)
                wanted = FEED if door.purpose == "feed" and answer.status_code in (200, 304) else NO_STORE
                if door.purpose == "feed" and method == "OPTIONS":
                    wanted = NO_STORE
                assert answer.headers["Cache-Control"] in wanted, (door, method)
                assert "noindex" in answer.headers["X-Robots-Tag"], (door, method)
                assert answer.status_code != 206


def test_what_is_somebodys_own_has_no_way_out(town, visitor):
    """C25: a page with a token in its address loads nothing from elsewhere, and links that leave say who they are not."""  # noqa: E501
    import re

    for door in town.doors():
        if door.purpose is None:
            continue
        answer = visitor.get(door.path)
        if answer.mimetype == "application/pdf" or "<html" not in answer.text:
            continue
        page = answer.text
        for url in re.findall(r'(?:src|action|hx-post|hx-get)="([^"]*)"', page):
            assert url.startswith("/"), (door, url)
            assert not url.startswith("//")
        for tag in re.findall(r"<a [^>]*>", page):
            if 'href="http' in tag:
                assert "noreferrer" in tag, (door, tag)


def test_the_mailbox_is_there_in_the_demo_alone(town, app, visitor):
    public = app.test_client()
    tried = 0
    for door in town.doors():
        if any(door.path.startswith(start) for start in mailbox_paths()):
            assert visitor.get(door.path).headers["Cache-Control"] == "no-store"
            assert public.get(door.path).status_code == 404, door
            tried += 1
    assert tried >= 4
    assert not [rule for rule in app.url_map.iter_rules() if "mailbox" in rule.endpoint]
