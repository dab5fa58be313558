"""Settings: what is read, what is taken for it, and which sentence refuses nonsense."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gatherings.config import BadSetting, Site, Smtp, Stripe, database_url_for_people, read_settings
from tests.databases import SETTING_NAMES
from tests.servers import ROOT

KEY = "k" * 32


def read(tmp_path: Path, **environ: str):
    return read_settings({"GATHERINGS_INSTANCE": str(tmp_path / "instance"), "SECRET_KEY": KEY, **environ})


NONSENSE = [
    ("DATABASE_URL", "mysql://host/name"),
    ("DATABASE_URL", "gatherings.sqlite"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "postgresql://"),
    ("DATABASE_URL", "postgresql://host"),
    ("DATABASE_URL", "postgresql://user:word@host:port/name"),
    ("DATABASE_URL", "postgresql://user:word@host:99999/name"),
    ("DATABASE_URL", "postgresql://[::1/name"),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "x" * 31),
    ("SECRET_KEY_FALLBACKS", "short"),
    ("SECRET_KEY_FALLBACKS", f"{'y' * 32},short"),
    ("BASE_URL", "gatherings.example.org"),
    ("BASE_URL", "ftp://gatherings.example.org"),
    ("BASE_URL", "https://"),
    ("BASE_URL", "https://gatherings.example.org/path"),
    ("BASE_URL", "https://gatherings.example.org/?a=b"),
    ("BASE_URL", "https://gatherings.example.org?"),
    ("BASE_URL", "https://gatherings.example.org#top"),
    ("BASE_URL", "https://user@gatherings.example.org"),
    ("BASE_URL", "https://:word@gatherings.example.org"),
    ("BASE_URL", "https://gather ings.example.org"),
    ("BASE_URL", "https://gather\nings.example.org\x00"),
    ("BASE_URL", "https://gatherings.example.org:port"),
    ("BASE_URL", "https://gatherings.example.org:0"),
    ("BASE_URL", "https://gatherings.example.org:70000"),
    ("BASE_URL", "https://[::1"),
    ("BASE_URL", "https://-gatherings-"),
    ("BASE_URL", "https://samlingar.exämple.org"),
    ("SMTP_URL", "mail.example.org"),
    ("SMTP_URL", "http://mail.example.org"),
    ("SMTP_URL", "smtp://"),
    ("SMTP_URL", "smtp://mail.example.org:port"),
    ("SMTP_URL", "smtp://mail.example.org:0"),
    ("SMTP_URL", "smtp://mail example.org"),
    ("SMTP_URL", "smtp://mail.example.org?starttls=yes"),
    ("SMTP_URL", "smtp://mail.example.org?tls=1"),
    ("SMTP_URL", "smtp://mail.example.org?starttls=1&starttls=0"),
    ("SMTP_URL", "smtp://mail.example.org/relay"),
    ("SMTP_URL", "smtp://user:wo#rd@mail.example.org"),
    ("MAIL_FROM", "gatherings"),
    ("MAIL_FROM", "gatherings@host"),
    ("MAIL_FROM", "Gatherings <gatherings@example.org>"),
    ("MAIL_FROM", "one@example.org, two@example.org"),
    ("MAIL_FROM", "one@example.org\r\nBcc: two@example.org"),
    ("PROXY_COUNT", "one"),
    ("PROXY_COUNT", "-1"),
    ("PROXY_COUNT", "6"),
    ("PROXY_COUNT", "1.0"),
    ("PROXY_COUNT", "²"),
    ("PROXY_COUNT", "9" * 40),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "redis://"),
    ("LOG_FORMAT", "xml"),
    ("CHANGE_MAIL_DELAY", "soon"),
    ("CHANGE_MAIL_DELAY", "3601"),
    ("REGISTRATIONS_PER_NETWORK", "0"),
    ("REGISTRATIONS_PER_NETWORK", "many"),
    ("GATHERINGS_THREADS", "0"),
    ("GATHERINGS_THREADS", "65"),
    ("GATHERINGS_LANGUAGES", "en;sv"),
    ("GATHERINGS_LANGUAGES", "en,en-XA"),
    ("GATHERINGS_DEMO", "yes"),
    ("GATHERINGS_DEVELOPMENT", "true"),
    ("GATHERINGS_TEST_CLOCK", "/somewhere/clock"),
    ("STRIPE_SECRET_KEY", "secret"),
    ("STRIPE_SECRET_KEY", "sk_live_"),
    ("STRIPE_SECRET_KEY", "sk_staging_0123456789"),
    ("STRIPE_SECRET_KEY", "pk_test_0123456789"),
    ("STRIPE_SECRET_KEY", "whsec_0123456789"),
    ("STRIPE_SECRET_KEY", "sk_test_0123456789\nsk_test_0123456789"),
    ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789"),  # without a key it protects nothing
    ("STRIPE_API_BASE", "http://127.0.0.1:4242"),
    ("STRIPE_TIMEOUT", "0"),
    ("STRIPE_TIMEOUT", "soon"),
    ("STRIPE_TIMEOUT", "61"),
]


@pytest.mark.parametrize(("name", "value"), NONSENSE)
def test_nonsense_is_refused_with_one_sentence_that_names_the_setting(tmp_path, name, value):
    with pytest.raises(BadSetting) as refused:
        read(tmp_path, **{name: value})
    sentence = str(refused.value)
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert any(verb in sentence for verb in ("should", "takes only"))


def test_every_setting_of_the_manual_has_its_nonsense_above():
    free = {"SECRET_KEY", "GATHERINGS_INSTANCE"}  # any 32 characters; the instance folder is tried below
    assert {name for name, _ in NONSENSE} | free == set(SETTING_NAMES)


TEST_KEY, LIVE_KEY, HOOK = "sk_test_0123456789", "sk_live_0123456789", "whsec_0123456789"


@pytest.mark.parametrize(
    ("named", "values"),
    [
        ("STRIPE_WEBHOOK_SECRET", {"STRIPE_SECRET_KEY": TEST_KEY, "STRIPE_WEBHOOK_SECRET": "0123456789"}),
        ("STRIPE_WEBHOOK_SECRET", {"STRIPE_SECRET_KEY": TEST_KEY, "STRIPE_WEBHOOK_SECRET": TEST_KEY}),
        ("STRIPE_WEBHOOK_SECRET", {"STRIPE_SECRET_KEY": LIVE_KEY, "BASE_URL": "https://x.org"}),
        ("BASE_URL", {"STRIPE_SECRET_KEY": LIVE_KEY, "STRIPE_WEBHOOK_SECRET": HOOK}),
        *(
            ("STRIPE_API_BASE", {"STRIPE_SECRET_KEY": TEST_KEY, "STRIPE_API_BASE": base})
            for base in (
                "127.0.0.1:4242", "ftp://127.0.0.1", "http://192.168.0.2:4242", "http://stripe.example.org",
                "https://user:word@127.0.0.1", "http://127.0.0.1:4242/v1", "http://127.0.0.1:port", "https://?", "https://",
            )
        ),
        ("STRIPE_API_BASE", {  # the double, where tickets are sold
            "STRIPE_SECRET_KEY": TEST_KEY, "BASE_URL": "https://x.org", "STRIPE_API_BASE": "http://127.0.0.1:4242",
        }),
        ("STRIPE_API_BASE", {
            "STRIPE_SECRET_KEY": LIVE_KEY, "STRIPE_WEBHOOK_SECRET": HOOK, "BASE_URL": "https://x.org",
            "STRIPE_API_BASE": "http://127.0.0.1:4242",
        }),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_at_stripe_is_refused(tmp_path, named, values):
    with pytest.raises(BadSetting) as refused:
        read(tmp_path, **values)
    assert str(refused.value).startswith(f"{named} should ")
    assert all(secret not in str(refused.value) for secret in (TEST_KEY, LIVE_KEY, HOOK))


def test_stripe_is_read_and_its_secrets_are_not_shown(tmp_path):
    assert read(tmp_path).stripe is None
    assert read(tmp_path, STRIPE_SECRET_KEY=" ").stripe is None
    live = read(
        tmp_path, STRIPE_SECRET_KEY=f" {LIVE_KEY}\n", STRIPE_WEBHOOK_SECRET=HOOK, BASE_URL="https://x.org"
    ).stripe
    assert live == Stripe(LIVE_KEY, HOOK)
    assert (live.live, live.timeout, live.pays_at) == (True, 8, "https://checkout.stripe.com")
    assert LIVE_KEY not in repr(live)
    assert HOOK not in repr(live)
    test = read(tmp_path, STRIPE_SECRET_KEY=TEST_KEY, STRIPE_API_BASE="http://[::1]:42/", STRIPE_TIMEOUT="3").stripe
    assert test == Stripe(TEST_KEY, "", "http://[::1]:42", 3)
    assert (test.live, test.pays_at) == (False, "http://[::1]:42")
    assert read(
        tmp_path, STRIPE_SECRET_KEY="rk_live_0123456789", STRIPE_WEBHOOK_SECRET=HOOK, BASE_URL="https://x.org"
    ).stripe


def test_instance_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for text in (tmp_path / "file", tmp_path / "file" / "below", f"{tmp_path}/nul\x00"):
        with pytest.raises(BadSetting, match=r"^GATHERINGS_INSTANCE should be a folder that we may write to, not “"):
            read_settings({"GATHERINGS_INSTANCE": str(text), "SECRET_KEY": KEY})


def test_a_password_of_the_database_or_mail_server_is_not_repeated_in_the_refusal(tmp_path):
    for name, value in (
        ("DATABASE_URL", "postgresql://user:hunter2hunter2@host:port/name"),
        ("SMTP_URL", "smtp://user:hunter2hunter2@mail.example.org:port"),
        ("SMTP_URL", "smtp://user:hunter2hunter2@mail.example.org?tls=1"),
        ("SECRET_KEY", "hunter2hunter2"),
    ):
        with pytest.raises(BadSetting) as refused:
            read(tmp_path, **{name: value})
        assert "hunter2" not in str(refused.value)


def test_defaults_are_those_of_the_manual(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read_settings({})
    assert settings.instance == tmp_path / "instance"
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/gatherings.sqlite"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.smtp is None
    assert settings.mail_from == "gatherings@gatherings.example.org"  # an address literal is no mail domain
    assert (settings.proxy_count, settings.change_delay, settings.network_limit) == (0, 180, 600)
    assert (settings.redis_url, settings.threads) == (None, 8)
    assert not settings.demo
    assert not settings.development
    assert settings.sqlite
    assert not settings.https
    assert settings.site == Site("http://127.0.0.1:8000", "gatherings.example.org", 180)


def test_an_empty_setting_is_one_that_is_not_set(tmp_path):
    empty = dict.fromkeys(set(SETTING_NAMES) - {"GATHERINGS_INSTANCE", "SECRET_KEY"}, "")
    assert read(tmp_path, **empty) == read(tmp_path)


def test_settings_cannot_be_changed_afterwards(tmp_path):
    settings = read(tmp_path)
    with pytest.raises(AttributeError):
        settings.base_url = "https://elsewhere.example.org"


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("sqlite:////srv/gatherings.sqlite", "sqlite:////srv/gatherings.sqlite"),
        ("postgresql://user:word@host/name", "postgresql+psycopg://user:word@host/name"),
        ("postgres://user:word@host:5433/name", "postgresql+psycopg://user:word@host:5433/name"),
        ("postgresql+psycopg://user@/name?host=/run/socket", "postgresql+psycopg://user@/name?host=/run/socket"),
        ("postgresql:///name", "postgresql+psycopg:///name"),
    ],
)
def test_database_forms(tmp_path, text, read_as):
    assert read(tmp_path, DATABASE_URL=text).database_url == read_as


def test_a_relative_database_file_is_meant_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read(tmp_path, DATABASE_URL="sqlite:///own.sqlite").database_url == f"sqlite:///{tmp_path}/own.sqlite"


@pytest.mark.parametrize(
    ("text", "smtp"),
    [
        ("smtp://mail.example.org", Smtp("mail.example.org", 25)),
        ("smtp://mail.example.org:2525", Smtp("mail.example.org", 2525)),
        ("smtp://127.0.0.1:1025/", Smtp("127.0.0.1", 1025)),
        ("smtp://[::1]:1025", Smtp("::1", 1025)),
        ("smtp://mail.example.org?starttls=0", Smtp("mail.example.org", 25)),
        ("smtp://user:word@mail.example.org?starttls=1", Smtp("mail.example.org", 587, "user", "word", "starttls")),
        ("smtp://u%40example.org:w%2Fo%3Ard@mail.example.org:587?starttls=1",
         Smtp("mail.example.org", 587, "u@example.org", "w/o:rd", "starttls")),
        ("smtps://user:word@mail.example.org", Smtp("mail.example.org", 465, "user", "word", "tls")),
        ("smtps://mail.example.org:1465", Smtp("mail.example.org", 1465, None, None, "tls")),
    ],
)  # fmt: skip
def test_mail_server_forms(tmp_path, text, smtp):
    assert read(tmp_path, SMTP_URL=text).smtp == smtp


@pytest.mark.parametrize(
    ("text", "base_url", "host", "sender"),
    [
        ("https://gatherings.example.org", "https://gatherings.example.org", "gatherings.example.org",
         "gatherings@gatherings.example.org"),
        ("HTTPS://Gatherings.Example.org/", "https://gatherings.example.org", "gatherings.example.org",
         "gatherings@gatherings.example.org"),
        # As browsers write it in Origin: without the port that the scheme has anyway (RFC 6454 6.2).
        ("https://example.org:443", "https://example.org", "example.org", "gatherings@example.org"),
        ("http://example.org:80/", "http://example.org", "example.org", "gatherings@example.org"),
        ("http://example.org:443", "http://example.org:443", "example.org", "gatherings@example.org"),
        ("https://example.org:", "https://example.org", "example.org", "gatherings@example.org"),
        ("http://localhost:8001", "http://localhost:8001", "localhost", "gatherings@gatherings.example.org"),
        ("http://192.0.2.7:8001", "http://192.0.2.7:8001", "192.0.2.7", "gatherings@gatherings.example.org"),
        ("http://[2001:DB8::7]:8001", "http://[2001:db8::7]:8001", "2001:db8::7", "gatherings@gatherings.example.org"),
    ],
)  # fmt: skip
def test_base_url_forms(tmp_path, text, base_url, host, sender):
    settings = read(tmp_path, BASE_URL=text)
    assert (settings.base_url, settings.host, settings.mail_from) == (base_url, host, sender)
    assert settings.https == base_url.startswith("https")


def test_fallback_keys_follow_the_key_in_order(tmp_path):
    settings = read(tmp_path, SECRET_KEY_FALLBACKS=f" {'a' * 32} ,,{'b' * 40}")
    assert settings.secret_keys == (KEY, "a" * 32, "b" * 40)


def test_key_is_made_once_and_kept_for_nobody_else_to_read(tmp_path):
    environ = {"GATHERINGS_INSTANCE": str(tmp_path / "new" / "instance")}
    first, second = read_settings(environ), read_settings(environ)
    file = tmp_path / "new" / "instance" / "secret-key"
    assert first.secret_keys == second.secret_keys == (file.read_text(),)
    assert len(first.secret_keys[0]) == 64  # 48 random bytes
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret-key"]


def test_another_installation_makes_another_key(tmp_path):
    one, other = (read_settings({"GATHERINGS_INSTANCE": str(tmp_path / name)}).secret_keys for name in "ab")
    assert one != other


def test_an_emptied_key_file_stops_the_start_and_is_not_replaced(tmp_path):
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(BadSetting, match=r"^SECRET_KEY should hold at least 32"):
        read_settings({"GATHERINGS_INSTANCE": str(tmp_path)})


def test_threads_that_start_together_agree_on_one_key(tmp_path):
    for turn in range(20):
        together, keys = threading.Barrier(8), list[tuple[str, ...]]()

        def start(environ={"GATHERINGS_INSTANCE": str(tmp_path / f"{turn}")}, together=together, keys=keys):  # noqa: B006
            together.wait()
            keys.append(read_settings(environ).secret_keys)

        threads = [threading.Thread(target=start) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(keys) == 8  # nobody read a key that was half written, and was refused
        assert len(set(keys)) == 1


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    go = tmp_path / "go"
    code = (
        "import pathlib, time\n"
        "from gatherings.config import read_settings\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.001)\n"
        f"print(read_settings({{'GATHERINGS_INSTANCE': {str(tmp_path / 'instance')!r}}}).secret_keys[0])\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    go.touch()
    keys = {process.communicate(timeout=30)[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(keys) == 1
    assert len(keys.pop().strip()) == 64


def test_words_for_people_hide_the_databases_password(tmp_path):
    hidden = database_url_for_people(read(tmp_path, DATABASE_URL="postgresql://ada:hunter2@db.example.org/name"))
    assert "hunter2" not in hidden
    assert hidden.startswith("postgresql+psycopg://ada:")
    assert hidden.endswith("@db.example.org/name")


@pytest.mark.parametrize(("name", "value"), [("BASE_URL", "gatherings"), ("SMTP_URL", "x"), ("PROXY_COUNT", "two")])
def test_run_with_nonsense_ends_with_two_and_the_sentence(tmp_path, name, value):
    environ = {key: kept for key, kept in os.environ.items() if key not in SETTING_NAMES}
    environ |= {"GATHERINGS_INSTANCE": str(tmp_path / "instance"), "PYTHONPATH": str(ROOT), name: value}
    done = subprocess.run(
        [sys.executable, "-m", "gatherings", "run"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    with pytest.raises(BadSetting) as refused:
        read_settings({name: value, "GATHERINGS_INSTANCE": str(tmp_path / "instance")})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Gatherings did not start. {refused.value}\n"


def test_env_file_of_the_working_directory_is_read(tmp_path):
    environ = {key: kept for key, kept in os.environ.items() if key not in SETTING_NAMES}
    (tmp_path / ".env").write_text("LOG_FORMAT=from-the-file\n")
    done = subprocess.run(
        [sys.executable, "-m", "gatherings", "check"], cwd=tmp_path, env={**environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "Gatherings did not start. LOG_FORMAT should be one of text, json, not “from-the-file”.\n"


@pytest.mark.parametrize(
    ("base_url", "taken"),
    [
        ("http://127.0.0.1:8000", True), ("http://localhost:8000", True), ("http://gatherings.test", True),
        ("https://gatherings.example.org", False), ("http://192.0.2.1", False), ("http://127.0.0.1.example.org", False),
    ],
)  # fmt: skip
def test_a_demo_that_others_can_reach_does_not_start(tmp_path, base_url, taken):
    environ = {"GATHERINGS_INSTANCE": str(tmp_path), "SECRET_KEY": KEY, "BASE_URL": base_url, "GATHERINGS_DEMO": "1"}
    if taken:
        assert read_settings(environ).demo
    else:
        with pytest.raises(BadSetting, match="GATHERINGS_DEMO should be 0"):
            read_settings(environ)
