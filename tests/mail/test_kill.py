"""Workers that are killed in the midst of sending lose no mail, and repeat one at most (bars B1, B19)."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from gatherings.core.clock import utc_now
from gatherings.mail import actions, queries
from gatherings.mail.models import OutboxMail

ROOT = Path(__file__).resolve().parents[2]
MAILS = 150


def test_killed_workers_lose_no_mail_and_repeat_one_at_most(address, do, ask, engine, receiver):
    new = [
        actions.NewMail(f"k{n}", "hello", f"p{n}@example.org", "Circle", "UTC", facts={"name": n}) for n in range(MAILS)
    ]
    do(actions.post_many, new, now=utc_now(), domain="example.org")
    kills = 0
    for goal in (15, 50, 85, MAILS):
        command = [sys.executable, "-m", "tests.mail.worker_process", address, receiver.host, str(receiver.port)]
        worker = subprocess.Popen(command, cwd=ROOT)
        try:
            receiver.wait_for(goal, 30)
            if goal == MAILS:
                assert receiver.wait(lambda: ask(queries.count_by_state) == {"sent": MAILS}, 20)
        finally:
            worker.kill()  # no farewell: SIGKILL
            worker.wait(10)
        kills += 1
        with engine.begin() as connection:  # a minute passes
            past = utc_now() - timedelta(seconds=1)
            connection.execute(update(OutboxMail).where(OutboxMail.state == "queued").values(lease_until=past))
    copies = Counter(got.recipient for got in receiver.messages)
    assert set(copies) == {f"p{n}@example.org" for n in range(MAILS)}
    assert sum(copies.values()) - MAILS <= kills
    assert max(copies.values()) <= 2
    assert len({got.data for got in receiver.messages}) == MAILS  # a repeated mail is the same to the byte
    assert len({got.message["Message-ID"] for got in receiver.messages}) == MAILS
