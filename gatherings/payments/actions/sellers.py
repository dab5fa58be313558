"""Who sells for a community, as it stands on invoices and receipts; documents keep what stood when they were made."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.communities.models import Community
from gatherings.db.upsert import insert_into
from gatherings.payments.models import Seller

SELLER = ("name", "address", "country", "zone", "org_number", "vat_number", "bank", "contact", "note")


def seller_values(seller: Seller | None, zone: str = "UTC") -> dict[str, str]:
    """Give a seller's details as `save_seller` takes them; empty ones and the community's `zone` where none are."""
    if seller is None:
        return {**dict.fromkeys(SELLER, ""), "zone": zone}
    return {name: getattr(seller, name) for name in SELLER}


def save_seller(
    session: Session,
    community_id: int,
    values: Mapping[str, str],
    *,
    refuse: Callable[[Mapping[str, Any]], None],
    by: int,
    now: datetime,
) -> None:
    """Write a community's details as a seller.

    `refuse` is given the values as they stand, and raises where somebody else changed them meanwhile. Documents
    that were issued stay as they are; the next ones carry the new details.
    """
    community = session.get_one(Community, community_id)
    made = insert_into(session.get_bind().dialect.name, Seller.__table__).values(
        community_id=community_id, zone=community.zone
    )
    session.execute(made.on_conflict_do_nothing(index_elements=[Seller.community_id]))
    found = select(Seller).where(Seller.community_id == community_id).with_for_update()
    seller = session.scalars(found.execution_options(populate_existing=True)).one()
    present = seller_values(seller)
    names = [name for name in SELLER if present[name] != values[name]]
    if not names:
        return
    refuse(present)
    for name in names:
        setattr(seller, name, values[name])
    seller.edits += 1
    log(
        session,
        actor=session.get_one(Person, by).public_id,
        action="edit_seller",
        about=f"community:{community.public_id}",
        community_id=community_id,
        now=now,
        fields=names,
    )
