"""What all letters about orders share: the order as its snapshot tells it, its lines, how to pay, its papers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from gatherings.db import current_session
from gatherings.mail.letters import Button, Facts, Link, Part, Words, letter_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.payments.models import Document
from gatherings.payments.printing.days import long_date
from gatherings.payments.printing.papers import name_of, pdf_of, title_of
from gatherings.registration.mails.invitations import event_page, order_link
from gatherings.registration.mails.times import Held, time_rows
from gatherings.web.i18n import gettext as _
from gatherings.web.money import money_words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bought:
    """One order as the snapshot of a mail tells it; amounts in minor units."""

    mail: OutboxMail
    held: Held
    facts: dict[str, Any]

    @classmethod
    def of(cls, mail: OutboxMail) -> "Bought":
        """Read a mail's facts (actions/telling.py)."""
        return cls(mail, Held.of(mail.facts["event"]), mail.facts)

    @property
    def order(self) -> dict[str, Any]:
        """Give the order's own facts."""
        order: dict[str, Any] = self.facts["order"]
        return order

    @property
    def title(self) -> str:
        """Give what the gathering is called."""
        return self.held.title

    @property
    def link(self) -> str:
        """Give the link to the order's page."""
        return order_link(self.order)

    @property
    def page(self) -> str:
        """Give the gathering's page."""
        return event_page(self.held.slug)

    def money(self, amount: int, currency: str | None = None) -> str:
        """Say an amount with all its digits, in the order's currency unless another is named."""
        return money_words(amount, currency or self.order["currency"], exact=True)

    @property
    def amount(self) -> str:
        """Say the amount that this mail is about."""
        return self.money(int(self.facts.get("amount") or 0), self.facts.get("currency"))

    def newest(self, kind: str) -> dict[str, Any] | None:
        """Give the newest paper of a kind, as the facts name it."""
        return next((one for one in reversed(self.facts["papers"]) if one["kind"] == kind), None)

    def paper(self, kind: str, *, quiet: bool = True) -> Part | None:
        """Give a link to the newest paper of a kind, if there is one."""
        found = self.newest(kind)
        if found is None:
            return None
        text = _("%(paper)s (PDF)", paper=title_of(kind, found["number"]))
        return Link(text, f"{self.link}/documents/{found['id']}.pdf", quiet=quiet)


def when_rows(bought: Bought) -> list[tuple[str, str]]:
    """Give the rows that say which gathering it is, and when."""
    gathering = (_("Gathering"), bought.title)
    return [gathering, *time_rows(bought.held, bought.mail.zone, bought.mail.created_at)]


def ticket_rows(bought: Bought, *states: str) -> list[tuple[str, str]]:
    """Give a row for each ticket in these states: who comes, with which kind, for how much."""
    rows = []
    for one in bought.facts["tickets"]:
        if one["state"] not in states:
            continue
        said = [clean_line(one["what"])]
        if one["gross"]:
            said.append(bought.money(one["gross"] - one["comes_back"]))
        codes = [_("code %(code)s", code=clean_line(cut["code"])) for cut in one["cuts"]]
        rows.append((clean_line(one["who"]), ", ".join([*said, *codes])))
    return rows


def sum_rows(bought: Bought) -> list[tuple[str, str]]:
    """Give the rows of the total, with the VAT in it, and of the reference."""
    order = bought.order
    total = bought.money(order["total"])
    if order["vat"]:
        total = _("%(total)s, with %(vat)s VAT in it", total=total, vat=bought.money(order["vat"]))
    return [(_("Total"), total), (_("Order"), order["reference"])] if order["total"] else [
        (_("Order"), order["reference"])
    ]  # fmt: skip


def how_to_pay(bought: Bought) -> Facts:
    """Give amount, date, account and reference of an invoice."""
    order, seller = bought.order, bought.facts["seller"]
    rows = [(_("To pay"), bought.money(order["owed"]))]
    if order["due_on"]:
        rows.append((_("By"), long_date(date.fromisoformat(order["due_on"]))))
    if seller["name"]:
        rows.append((_("To"), clean_line(seller["name"])))
    if bank := [clean_line(line) for line in seller["bank"].splitlines() if line.strip()]:
        rows.append((_("Account"), " · ".join(bank)))
    rows.append((_("Reference"), order["reference"]))
    return Facts(rows)


def see_order(bought: Bought, text: str | None = None) -> Button:
    """Give the button to the order's page."""
    return Button(text or _("See your order"), bought.link)


def write(
    bought: Bought,
    *,
    subject: str,
    heading: str,
    preview: str,
    parts: Sequence[Part | None],
    attach: str | None = None,
) -> Letter:
    """Write a letter to the buyer; `attach` names the kind of paper that comes along."""
    private = Words(
        _("Whoever has this link can see and change your order: please do not forward this mail."), quiet=True
    )
    footer = _("You get this mail because tickets were ordered with your address on our page.")
    letter = letter_of(
        bought.mail,
        subject=subject,
        heading=heading,
        preview=preview,
        parts=[*parts, private, Link(_("The page of this gathering"), bought.page, quiet=True)],
        footer=footer,
    )
    return _with_paper(letter, bought, attach) if attach else letter


def _with_paper(letter: Letter, bought: Bought, kind: str) -> Letter:
    """Put the newest paper of a kind into a letter; one that cannot be made is left to its link."""
    found = bought.newest(kind)
    if found is None:
        return letter
    session = current_session()
    document = session.scalars(select(Document).where(Document.public_id == found["id"])).one_or_none()
    if document is None:
        return letter
    try:
        return replace(letter, papers=((name_of(document), pdf_of(document)),))
    except Exception:  # the mail matters more than what comes along; its link makes the paper later
        log.exception("document %s could not be made for a mail", document.public_id)
        return letter


def moment(text: str) -> datetime:
    """Read a moment of the facts."""
    return datetime.fromisoformat(text)
