"""Single dates of an "every month", and one's own invite as a file."""

from datetime import datetime

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings import ics
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.db import current_session
from gatherings.registration.actions import cancel
from gatherings.registration.actions.series import rejoin_date
from gatherings.registration.models import Registration
from gatherings.registration.mails.invitations import own_entries, own_series_entries
from gatherings.registration.queries import get_date_of
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.routes.managing import BOTH, only_shown, refuse_what_is_over
from gatherings.registration.routes.showing import Thing, back, look, press
from gatherings.registration.rules import LIVE
from gatherings.web.requests import settings
from gatherings.web.rights import by_link
