"""What the worker does for payments: notices, refunds, papers, places whose time is over, sessions nobody spoke of."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gatherings.config import Settings, Site
from gatherings.core.errors import Busy
from gatherings.db.session import current_session, transact, unavailable
from gatherings.payments.actions import expiring, following, giving_all, looking, noticing, refunding
from gatherings.payments.models import Notice, Refund
from gatherings.payments.providers import Away, Provider
from gatherings.payments.providers.registry import provider_of
from gatherings.tickets.models import Order

log = logging.getLogger(__name__)

BATCH = 20
_AFTER_FAULT = timedelta(minutes=5)  # until something that failed by a fault of ours is tried again
_FIRST, _LONGEST = 1.0, 30.0  # seconds for which a provider that is away is left alone, doubling


def payments_drain(app: Flask, settings: Settings) -> Callable[[str, datetime], int]:
    """Make the drain of payments; several workers may run it: rows are leased, or looked at again under a lock."""
    return _Drain(app, settings.site)


class _Drain:
    def __init__(self, app: Flask, site: Site) -> None:
        self._app, self._site = app, site
        self._pause, self._closed_until = 0.0, 0.0  # monotonic
        self._faulty_until = 0.0

    def __call__(self, worker: str, now: datetime) -> int:
        with self._app.app_context():
            provider = provider_of(self._app)
            done = self._follow(now)
            if provider is not None:
                done += self._asking(partial(self._notices, provider), now)
                done += self._asking(partial(self._refunds, provider), now)
                done += self._asking(partial(self._looks, provider), now)
            done += self._expire(provider, now)
            return done + self._give_all_back(now)

    # With the provider

    def _asking(self, work: Callable[[datetime], int], now: datetime) -> int:
        if time.monotonic() < self._closed_until:
            return 0
        try:
            return work(now)
        except Away as error:
            self._left_alone(error)
            return 0

    def _left_alone(self, error: Away) -> None:
        self._pause = min(max(_FIRST, self._pause * 2), _LONGEST)
        self._closed_until = time.monotonic() + self._pause
        log.warning("the provider of payments is away; it is left alone for %.0f s: %s", self._pause, error)

    def _notices(self, provider: Provider, now: datetime) -> int:
        due = select(Notice.id).where(Notice.state == "new", Notice.due_at <= now).limit(1)
        if current_session().scalars(due).first() is None:
            return 0
        ids = transact(noticing.lease, now=now, limit=BATCH)
        done = 0
        for notice_id in ids:
            try:
                done += noticing.work(provider, notice_id, self._site, now=now)
            except Away:
                raise
            except Exception as error:  # the edge: one notice that cannot be worked keeps no other
                _raise_if_away(error)
                log.exception("notice %s cannot be worked", notice_id)
                state = transact(noticing.put_off, notice_id, f"{type(error).__name__}: {error}", now=now)
                if state == "failed":
                    log.error("notice %s is given up", notice_id)
            self._pause = 0.0
        return done

    def _refunds(self, provider: Provider, now: datetime) -> int:
        due = select(Refund.id).where(Refund.state == "due", Refund.due_at <= now).limit(1)
        if current_session().scalars(due).first() is None:
            return 0
        done = 0
        for refund_id in transact(refunding.lease, now=now, limit=BATCH):
            try:
                done += refunding.send(provider, refund_id, self._site, now=now)
            except Away:
                raise
            except Exception as error:  # the edge, as above
                _raise_if_away(error)
                log.exception("refund %s cannot be sent", refund_id)
                words = f"{type(error).__name__}: {error}"
                transact(refunding.put_off, refund_id, words, self._site, now=now)
            self._pause = 0.0
        return done

    def _looks(self, provider: Provider, now: datetime) -> int:
        done = 0
        for due in looking.list_due_looks(current_session(), now, BATCH):
            done += looking.look_again(provider, due, self._site, now=now)
            self._pause = 0.0
        return done

    # Perhaps without it

    def _follow(self, now: datetime) -> int:
        done = 0
        for order_id in following.list_to_follow(current_session(), now, BATCH):
            try:
                transact(following.follow, order_id, self._site, now=now)
                done += 1
            except Exception as error:  # the edge, as above
                _raise_if_away(error)
                log.exception("refunds and papers of order %s cannot be brought up", order_id)
                transact(_follow_later, order_id, now + _AFTER_FAULT)
        return done

    def _give_all_back(self, now: datetime) -> int:
        """Close some orders of a cancelled event, where everybody is to have their money back."""
        if time.monotonic() < self._faulty_until or not giving_all.list_asked(current_session()):
            return 0
        try:
            return int(transact(giving_all.step, self._site, now=now))
        except Exception as error:  # the edge, as above
            _raise_if_away(error)
            log.exception("giving everybody their money back came to a halt")
            self._faulty_until = time.monotonic() + _AFTER_FAULT.total_seconds()
            return 0

    def _expire(self, provider: Provider | None, now: datetime) -> int:
        done = 0
        if time.monotonic() < self._closed_until:
            provider = None  # what nobody can pay any more is freed all the same
        for order_id in expiring.list_expired(current_session(), now, BATCH):
            try:
                done += expiring.expire_order(provider, order_id, self._site, now=now)
            except Away as error:
                if provider is not None:
                    self._left_alone(error)
                    provider = None
            except Exception as error:  # the edge, as above
                _raise_if_away(error)
                log.exception("the places of order %s cannot be given back", order_id)
        return done


def _follow_later(session: Session, order_id: int, at: datetime) -> None:
    session.execute(update(Order).where(Order.id == order_id).values(follow_at=at))


def _raise_if_away(error: Exception) -> None:
    """Let out what says "the database cannot take the work now": the loop waits for it."""
    if isinstance(error, Busy) or (isinstance(error, DBAPIError) and unavailable(error)):
        raise error
