"""What people do with their registrations; each module holds one subject, this one names the verbs."""

from gatherings.registration.actions.changing import change_details, move_to, withdraw_consent
from gatherings.registration.actions.leaving import cancel, not_me
from gatherings.registration.actions.leaving_series import cancel_series
from gatherings.registration.actions.moving_address import ask_new_address, confirm_new_address
from gatherings.registration.actions.registering import register
from gatherings.registration.actions.sending import send_again
from gatherings.registration.actions.series import register_series
from gatherings.registration.actions.waiting import promote, set_capacity

__all__ = [
    "ask_new_address", "cancel", "cancel_series", "change_details", "confirm_new_address", "move_to", "not_me",
    "promote", "register", "register_series", "send_again", "set_capacity", "withdraw_consent",
]  # fmt: skip
