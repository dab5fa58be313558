"""How an order stands, in one word that its page has a sentence for; and how much time is left, in words."""

from datetime import date, datetime, timedelta

from gatherings.core.words import Sentence, say, say_many

MINUTE = timedelta(minutes=1)


def standing(
    state: str,
    *,
    way: str,
    owed: int,
    received: int,
    expires_at: datetime | None,
    due_on: date | None,
    today: date,
    tried: str,
    back: str,
    now: datetime,
) -> str:
    """Name how an order stands for whoever looks at its page.

    `tried` is the state of the newest try to pay by card ("" none), `back` where the reader comes from: "paid" or
    "left" the provider's page, else "". The way back proves nothing: it only chooses what is said while one waits.
    """
    if state == "open":
        if expires_at is not None and expires_at <= now and back != "paid":
            return "over"
        if back == "paid" and tried in ("starting", "open", "complete"):
            return "asking"
        return {"failed": "failed", "expired": "ended"}.get(tried, "left" if back == "left" else "open")
    if state == "due":
        late = due_on is not None and due_on < today
        return "door" if way == "door" else "settled" if owed <= 0 else "overdue" if late else "due"
    if state == "paid":
        return "free" if not received and way == "free" else "paid"
    return state  # waiting, wished, expired, cancelled


def left_words(left: timedelta) -> Sentence:
    """Say how much time is left, no finer than anybody needs: days, hours, minutes."""
    minutes = max(0, int(left / MINUTE))
    if minutes >= 2 * 24 * 60:
        return say_many("%(num)s day left", "%(num)s days left", minutes // (24 * 60))
    if minutes >= 2 * 60:
        return say_many("%(num)s hour left", "%(num)s hours left", minutes // 60)
    if minutes:
        return say_many("%(num)s minute left", "%(num)s minutes left", minutes)
    return say("less than a minute left")
