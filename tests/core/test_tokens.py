"""Links: what one purpose signs no other takes, whoever changes a character has nothing, keys rotate."""

import base64
import hashlib
import hmac
import math
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.tokens import PUBLIC_ID, Claim, Signer, digest, new_public_id, new_secret

KEY, OLD, OTHER = (
    "a key for tests, 0123456789abcdef",
    "an older key, 0123456789abcdefgh",
    "somebody else's key, 01234567",
)
PURPOSES = ("manage", "manage-series", "join", "join-series", "feed", "unsubscribe")
ID = "Abcdefghij_lmnop-rstuv"
SIGNER = Signer((KEY,))
URL_SAFE = string.ascii_letters + string.digits + "-_"
PURPOSE = st.sampled_from(PURPOSES)
PUBLIC_IDS = st.text(URL_SAFE, min_size=22, max_size=22)
VERSIONS = st.integers(0, 999_999_999)


@given(PURPOSE, PUBLIC_IDS, VERSIONS)
def test_what_was_signed_is_read_again(purpose, public_id, version):
    assert SIGNER.verify(purpose, SIGNER.sign(purpose, public_id, version)) == Claim(public_id, version)


def test_same_link_is_made_again_for_each_mail():
    assert SIGNER.sign("manage", ID, 1) == Signer((KEY,)).sign("manage", ID, 1)


def test_signature_is_half_of_hmac_sha256_over_purpose_id_and_version():
    key = hashlib.sha256(b"gatherings-links:" + KEY.encode()).digest()
    mac = hmac.new(key, f"manage\n{ID}\n7".encode(), hashlib.sha256).digest()[:16]
    assert SIGNER.sign("manage", ID, 7) == f"{ID}.7.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@pytest.mark.parametrize("signed_for", PURPOSES)
def test_purposes_never_fit_each_other(signed_for):
    token = SIGNER.sign(signed_for, ID, 1)
    assert [purpose for purpose in PURPOSES if SIGNER.verify(purpose, token)] == [signed_for]


def test_a_purpose_cannot_be_shifted_into_the_id():
    # Were the parts only put side by side, ("manage", "-series…") would be ("manage-series", "…").
    long, short = "-series" + "x" * 15, "x" * 22
    assert SIGNER.sign("manage", long, 1).rsplit(".", 1)[1] != SIGNER.sign("manage-series", short, 1).rsplit(".", 1)[1]


def test_each_version_is_a_link_of_its_own():
    links = {SIGNER.sign("manage", ID, version) for version in range(200)}
    assert len({link.rsplit(".", 1)[1] for link in links}) == 200
    number, signature = SIGNER.sign("manage", ID, 3).split(".")[1:]
    assert SIGNER.verify("manage", f"{ID}.{int(number) + 1}.{signature}") is None


def test_after_rotation_old_links_are_read_and_new_ones_are_signed_with_the_new_key():
    before, after = Signer((OLD,)), Signer((KEY, OLD))
    old = before.sign("feed", ID, 1)
    assert after.verify("feed", old) == Claim(ID, 1)
    assert after.sign("feed", ID, 1) == Signer((KEY,)).sign("feed", ID, 1) != old
    assert before.verify("feed", after.sign("feed", ID, 1)) is None


def test_a_key_that_was_dropped_opens_nothing():
    assert Signer((KEY,)).verify("feed", Signer((OLD,)).sign("feed", ID, 1)) is None
    assert Signer((KEY, OLD)).verify("feed", Signer((OTHER,)).sign("feed", ID, 1)) is None


def test_a_signer_without_a_key_is_refused():
    with pytest.raises(ValueError, match="at least one key"):
        Signer(())


@given(PURPOSE, PUBLIC_IDS, st.integers(0, 999), st.data())
def test_changing_any_character_makes_it_nothing(purpose, public_id, version, data):
    token = SIGNER.sign(purpose, public_id, version)
    at = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.one_of(st.sampled_from(URL_SAFE + ".=+/ %"), st.characters()).filter(lambda c: c != token[at]))
    assert SIGNER.verify(purpose, token[:at] + char + token[at + 1 :]) is None


@given(PURPOSE, PUBLIC_IDS, VERSIONS, st.data())
def test_cutting_adding_or_swapping_makes_it_nothing(purpose, public_id, version, data):
    token = SIGNER.sign(purpose, public_id, version)
    at = data.draw(st.integers(0, len(token) - 1))
    extra = data.draw(st.text(min_size=1, max_size=3))
    for changed in (token[:at], token[:at] + token[at + 1 :], token[:at] + extra + token[at:], token + extra):
        assert changed == token or SIGNER.verify(purpose, changed) is None


def test_every_other_last_character_is_refused():
    # 22 characters hold 132 bits, 4 more than the signature: a lax decoder would take 16 spellings of each link.
    token = SIGNER.sign("manage", ID, 1)
    assert [char for char in URL_SAFE if SIGNER.verify("manage", token[:-1] + char)] == [token[-1]]


def test_a_version_has_one_spelling():
    public_id, version, signature = SIGNER.sign("manage", ID, 1).split(".")
    for spelling in ("01", "001", "+1", "1 ", " 1", "1_0", "١", "１", "1.0", "-1", ""):
        assert SIGNER.verify("manage", f"{public_id}.{spelling}.{signature}") is None
    assert SIGNER.verify("manage", f"{public_id}.{version}.{signature}") == Claim(ID, 1)


@given(PURPOSE, st.text())
def test_any_text_is_nothing(purpose, text):
    assert SIGNER.verify(purpose, text) is None


@pytest.mark.parametrize(
    "junk",
    ["", ".", "..", "...", "a.1.b", f"{ID}.1.", f"{ID}..{ID}", f"{ID}.1.{ID}", f"{ID}.1.{ID}\n", f"\n{ID}.1.{ID}",
     f"{ID}.{'9' * 10}.{ID}", f"{ID}.{'9' * 5000}.{ID}", f"{ID}.1.{ID}.1.{ID}", "\x00" * 48, "\ud800" * 22,
     f"{'é' * 22}.1.{'é' * 22}", "None", "null", "../" * 20, "A" * 1_000_000, "%00", "' OR 1=1 --"],
)  # fmt: skip
def test_junk_of_every_kind_is_nothing(junk):
    assert SIGNER.verify("manage", junk) is None


def test_ids_hold_128_random_bits_and_never_begin_like_an_option():
    ids = [new_public_id() for _ in range(5000)]
    assert len(set(ids)) == 5000
    assert all(PUBLIC_ID.fullmatch(each) and each[0].isalnum() for each in ids)
    assert {len(base64.urlsafe_b64decode(each + "==")) for each in ids} == {16}
    # 62 of 64 first characters are taken: what that costs is a 22nd of a bit.
    assert 16 * 8 + math.log2(62 / 64) > 127.9
    assert {char for each in ids for char in each} == set(URL_SAFE)


def test_signatures_hold_128_bits():
    signature = SIGNER.sign("manage", ID, 1).rsplit(".", 1)[1]
    assert len(base64.urlsafe_b64decode(signature + "==")) * 8 == 128


def test_secrets_hold_256_bits_and_only_their_digest_is_to_be_stored():
    secrets = {new_secret() for _ in range(1000)}
    assert len(secrets) == 1000
    assert {len(base64.urlsafe_b64decode(secret + "=")) for secret in secrets} == {32}
    secret = secrets.pop()
    assert digest(secret) == hashlib.sha256(secret.encode()).hexdigest()
    assert re.fullmatch("[0-9a-f]{64}", digest(secret))


@given(st.text(st.characters(codec=None)))
def test_a_digest_takes_whatever_stands_in_an_address(text):
    assert len(digest(text)) == 64
