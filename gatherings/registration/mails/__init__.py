"""How each kind of mail about registrations is composed from its snapshot of facts.

Names and titles are text, never markup: templates escape them in HTML, and nothing escapes plain text.
"""

from collections.abc import Callable

from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails import asked, changes, every, handing, offers, reminders, single, swaps

COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {
    "confirmed": single.confirmed,
    "waiting": single.waiting,
    "held": single.held,
    "ticket_offered": offers.ticket_offered,
    "ticket_wished": offers.ticket_wished,
    "offer_ended": offers.offer_ended,
    "promoted": single.promoted,
    "changed": changes.changed,
    "called_off": single.called_off,
    "cancelled": single.cancelled,
    "moved_away": lambda mail: (every if "series" in mail.facts else single).moved_away(mail),
    "handed_on": handing.handed_on,
    "joined_series": single.joined_series,
    "swapped_here": swaps.swapped_here,
    "swapped_away": swaps.swapped_away,
    "reminder_day": reminders.reminder_day,
    "reminder_hour": reminders.reminder_hour,
    "new_address": asked.new_address,
    "links": asked.links,
    "my_data": asked.my_data,
    "series_confirmed": every.series_confirmed,
    "series_changed": every.series_changed,
    "series_rule_ended": every.series_rule_ended,
    "series_cancelled": every.series_cancelled,
    "series_called_off": every.series_called_off,
}
