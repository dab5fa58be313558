"""Signing in: by a mailed link or its short code, and the sessions that come of it (reliability.md rules 7 and 8)."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions.limits import limit_attempts
from gatherings.accounts.models import Person, SignIn, SignInLink
from gatherings.accounts.queries import find_sign_in_link
from gatherings.accounts.rules import CODE_TRIES, LINK_LIFE, SESSION_LIFE, Address, digits_of
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.tokens import digest, new_public_id, new_secret
from gatherings.db import changed
from gatherings.jobs import actions as jobs
from gatherings.mail import actions as mail

JOB = "sign_in_link"
PER_ADDRESS, PER_NETWORK = 5, 20  # an hour (reliability.md rule 20)
SEEN_EVERY = timedelta(minutes=10)  # a session's last use is noted no more often
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Asking:
    """Where somebody asked from: the digest of their browser's cookie, its name in words, where they were going."""

    browser: str
    browser_words: str
    back: str
    language: str = "en"


@dataclass(frozen=True)
class Proof:
    """Somebody proved that an address is theirs; `back` is where they were going."""

    person_id: int
    back: str


def ask_to_sign_in(session: Session, address: Address, asking: Asking, *, now: datetime, network: str | None) -> None:
    """Note that somebody asked to sign in; the worker finds out whether the address is an organiser's (C23).

    The same work is done for every address. Raises TooMany beyond 20 an hour from one network, 5 for one address.
    """
    if network is not None:
        limit_attempts(session, "sign-in", network, most=PER_NETWORK, window=_HOUR, now=now)
    limit_attempts(session, "sign-in-as", address.key, most=PER_ADDRESS, window=_HOUR, now=now)
    payload = {
        "key": address.key,
        "browser": asking.browser,
        "browser_words": asking.browser_words,
        "back": asking.back,
        "language": asking.language,
    }
    jobs.enqueue(session, kind=JOB, key=f"sign-in:{new_public_id()}", due_at=now, payload=payload, now=now)


def send_sign_in_link(session: Session, person: Person, payload: dict[str, Any], site: Site, *, now: datetime) -> bool:
    """Mail the one live link of a person, with its short code."""
    secret, code = make_sign_in_link(session, person.id, back=payload["back"], browser=payload["browser"], now=now)
    return mail.post(
        session,
        key=f"sign-in:{digest(secret)[:40]}",
        kind="sign_in",
        recipient=person.address,
        sender="Gatherings",
        zone="UTC",
        language=payload["language"],
        about=f"person:{person.public_id}",
        facts={"secret": secret, "code": code, "browser": payload["browser_words"], "name": person.name},
        now=now,
        domain=site.domain,
    )


def make_sign_in_link(
    session: Session, person_id: int, *, back: str = "", browser: str = "", now: datetime, life: timedelta = LINK_LIFE
) -> tuple[str, str]:
    """Make the one live link of a person, in place of any before; give its secret and the code to type."""
    lock_person(session, person_id)
    session.execute(delete(SignInLink).where(SignInLink.person_id == person_id))
    secret, code = new_secret(), f"{secrets.randbelow(10**8):08d}"
    session.add(
        SignInLink(
            digest=digest(secret),
            code_digest=_code_digest(code, browser),
            browser=browser,
            person_id=person_id,
            next=back,
            tries=0,
            created_at=now,
            expires_at=now + life,
        )
    )
    session.flush()
    return secret, code


def use_link(session: Session, secret: str, *, now: datetime) -> Proof:
    """Use a link up; raises NotFound with the reason when it is none, too old, or was used before."""
    proof = _use(session, SignInLink.digest == digest(secret), now=now)
    if proof is None:
        find_sign_in_link(session, secret, now=now)  # raises, and says why
        raise AssertionError("a link that may be used was not")
    return proof


def use_code(session: Session, browser: str, typed: str, *, now: datetime) -> Proof | None:
    """Use a link up by its code, typed in the browser that asked; None when it does not fit, which counts as a try.

    The same is done where there is no such link at all, so neither the answer nor its time tells (C23).
    """
    mine = SignInLink.browser == browser
    live = mine & SignInLink.used_at.is_(None) & (SignInLink.expires_at > now) & (SignInLink.tries < CODE_TRIES)
    stored = session.scalars(
        update(SignInLink).where(live).values(tries=SignInLink.tries + 1).returning(SignInLink.code_digest),
        execution_options={"synchronize_session": False},
    ).first()
    fits = hmac.compare_digest(_code_digest(digits_of(typed), browser), stored or "none")
    return _use(session, mine, now=now) if fits else None


def _use(session: Session, which: Any, *, now: datetime) -> Proof | None:
    found = session.execute(
        update(SignInLink)
        .where(which, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.person_id, SignInLink.next),
        execution_options={"synchronize_session": False},
    ).first()
    return Proof(found[0], found[1]) if found is not None else None


def _code_digest(code: str, browser: str) -> str:
    # A code is short: slow to try, so that a stolen copy of the database gives none away within its ten minutes.
    return hashlib.scrypt(code.encode(), salt=browser.encode() or b"-", n=2**13, r=8, p=1, dklen=32).hex()


def open_session(session: Session, person_id: int, *, stored: str, present: str, browser: str, now: datetime) -> None:
    """Begin a session for somebody who proved their address; `stored` is the digest of its cookie.

    `present` is that of the session which the browser has (or empty): if it is the same person's, it goes on under
    the new cookie, its proof renewed; anybody else's ends.
    """
    lock_person(session, person_id)
    fresh = {"digest": stored, "confirmed_at": now, "seen_at": now, "expires_at": now + SESSION_LIFE}
    mine = update(SignIn).where(SignIn.digest == present, SignIn.person_id == person_id, SignIn.expires_at > now)
    if not changed(session, mine.values(fresh)):
        session.execute(delete(SignIn).where(SignIn.digest == present))
        session.add(
            SignIn(public_id=new_public_id(), person_id=person_id, browser=browser[:200], created_at=now, **fresh)
        )
    public_id = session.scalars(select(Person.public_id).where(Person.id == person_id)).one()
    log(session, actor=public_id, action="sign_in", about=f"person:{public_id}", now=now)


def note_seen(session: Session, sign_in_id: int, *, now: datetime) -> None:
    """Note that a session is in use, unless that was noted a short while ago."""
    long_ago = SignIn.seen_at < now - SEEN_EVERY
    session.execute(update(SignIn).where(SignIn.id == sign_in_id, long_ago).values(seen_at=now))


def end_session(session: Session, stored: str) -> None:
    """End the session of a cookie."""
    session.execute(delete(SignIn).where(SignIn.digest == stored))


def end_sessions(session: Session, person_id: int, *, only: str | None = None, but: int | None = None) -> int:
    """End somebody's sessions: all, the one of a public id, or all but one; give how many."""
    statement = delete(SignIn).where(SignIn.person_id == person_id)
    if only is not None:
        statement = statement.where(SignIn.public_id == only)
    if but is not None:
        statement = statement.where(SignIn.id != but)
    return changed(session, statement)


def end_all_sign_ins(session: Session, person_id: int) -> None:
    """End somebody's sessions and the link that could begin another: they organise nothing any more."""
    lock_person(session, person_id)
    end_sessions(session, person_id)
    session.execute(delete(SignInLink).where(SignInLink.person_id == person_id))


def forget_sign_ins(session: Session, *, now: datetime) -> None:
    """Delete sessions and links that are over."""
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    session.execute(delete(SignInLink).where(SignInLink.expires_at <= now))


def lock_person(session: Session, person_id: int) -> None:
    """Let what begins and ends a person's sessions come one by one, where the database locks rows."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
