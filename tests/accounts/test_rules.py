"""One address, in one spelling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatherings.accounts.rules import Address, InvalidAddress, normalise_address


@pytest.mark.parametrize(
    ("typed", "display", "key"),
    [
        ("Zoe@Example.ORG", "Zoe@example.org", "zoe@example.org"),
        ("  ana@example.com\t", "ana@example.com", "ana@example.com"),
        ("x@clinic.test", "x@clinic.test", "x@clinic.test"),
        ("x@münchen.example.org", "x@xn--mnchen-3ya.example.org", "x@xn--mnchen-3ya.example.org"),
        ("x@XN--MNCHEN-3YA.example.org", "x@xn--mnchen-3ya.example.org", "x@xn--mnchen-3ya.example.org"),
        ("a+tag@example.org", "a+tag@example.org", "a+tag@example.org"),
        ("O'Brien@example.org", "O'Brien@example.org", "o'brien@example.org"),
    ],
)
def test_one_valid_address_is_taken(typed: str, display: str, key: str) -> None:
    assert normalise_address(typed) == Address(display=display, key=key)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "ana", "@example.org", "ana@", "ana@localhost", "ana@test", "ana@example", "ana@host.local",
        "ana@a.invalid", "ana@[127.0.0.1]", "ana@127.0.0.1", "Ana <ana@example.org>", '"Ana" <ana@example.org>',
        '"a b"@example.org', "(hi)ana@example.org", "ana@example.org, lu@example.org",
        "ana@example.org;lu@example.org", "ana@example.org lu@example.org", "ana@lu@example.org",
        "ana@example.org\r\nBcc: lu@example.org", "ana\n@example.org", "ana@example.org\x00", "ana@exam\u200bple.org",
        "ana\u202e@example.org", "ana@example.org\ud800", "a..b@example.org", ".a@example.org", "a.@example.org",
        "ana@example..org", "ana@-example.org", "ana@example.org.", "a" * 65 + "@example.org",
        "ana@" + "a." * 130 + "org", "zoë@example.org", "mailto:ana@example.org", "a" * 1_000_000 + "@example.org",
        "ana@" + "é" * 60 + ".org", "ana@xn--a.org",
    ],
    ids=lambda typed: ascii(typed)[:40],
)  # fmt: skip
def test_anything_else_is_refused_with_advice(typed: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        normalise_address(typed)
    assert len(str(refused.value.sentence)) > 20


def test_lookalikes_are_other_people() -> None:
    latin, cyrillic = normalise_address("ana@apple.example.org"), normalise_address("ana@\u0430pple.example.org")
    assert latin.key != cyrillic.key
    assert cyrillic.display.isascii()


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.emails(), st.from_regex(r"[a-z.\"<(é]{1,9}@[a-zé.\-]{1,12}", fullmatch=True)))
def test_whatever_is_typed_gives_a_steady_address_or_a_sentence(typed: str) -> None:
    try:
        address = normalise_address(typed)
    except InvalidAddress:
        return
    assert normalise_address(address.display) == address
    assert normalise_address(address.key).key == address.key
    assert address.display.isascii()
    assert address.display.isprintable()
    assert " " not in address.display
    assert len(address.display) <= 254
