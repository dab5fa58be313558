"""Reads of people and of their sessions."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import SignIn
from gatherings.core.tokens import digest


def find_sign_in(session: Session, secret: str, *, now: datetime) -> SignIn | None:
    """Find the live session of a cookie's secret, with its person; None for one that ended."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.digest == digest(secret), SignIn.expires_at > now)
        .options(joinedload(SignIn.person))
    ).one_or_none()
