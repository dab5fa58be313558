"""Placing an order: everything is asked again inside the transaction, then places are held or a number is drawn.

People are met first (in the order of their addresses), then pools are locked in ascending id, then the order is
written: two who press at once, or one who presses twice, come one by one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts, meet_person
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.payments.actions.offering import Offer, read_offer
from gatherings.payments.actions.pressed import find_pressed
from gatherings.payments.rules.ordering import OrderWish, Placed, TicketWish
from gatherings.payments.rules.quoting import Quote, quote
from gatherings.payments.rules.references import new_reference
from gatherings.registration.actions.registering import get_open_event, limit_network
from gatherings.registration.actions.sending import count_mail
from gatherings.registration.actions.ticketed import hold_ticket, lock_for_tickets
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Order, Ticket

_MAILS = 1
