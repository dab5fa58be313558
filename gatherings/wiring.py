"""Explicit tables of what the app is made of: one line for each, nothing discovered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Flask

import gatherings.accounts.models
import gatherings.accounts.routes
import gatherings.audit.models
import gatherings.calendars.routes
import gatherings.calls.mails
import gatherings.calls.models
import gatherings.calls.routes
import gatherings.communities.mails
import gatherings.communities.member_mails
import gatherings.communities.models
import gatherings.communities.routes
import gatherings.doors.mails
import gatherings.doors.models
import gatherings.doors.routes
import gatherings.events.models
import gatherings.invites.models
import gatherings.jobs.models
import gatherings.letters.mails
import gatherings.letters.models
import gatherings.letters.routes
import gatherings.live.models
import gatherings.live.routes
import gatherings.loading.models
import gatherings.mail.models
import gatherings.mail.routes
import gatherings.organise.routes
import gatherings.own_data.routes
import gatherings.pages.routes
import gatherings.payments.mails
import gatherings.payments.models
import gatherings.payments.routes
import gatherings.questions.models
import gatherings.registration.mails
import gatherings.registration.models
import gatherings.registration.routes
import gatherings.slots.mails
import gatherings.slots.models
import gatherings.slots.routes
import gatherings.tickets.mails
import gatherings.tickets.models
from gatherings.accounts.actions.signing_in import JOB as SIGN_IN_JOB
from gatherings.calls.actions.profile import JOB as PRESENTER_JOB
from gatherings.calls.actions.profile import send_profile_link
from gatherings.calls.actions.receipts import send_own_links
from gatherings.communities.actions.roles import answer_sign_in
from gatherings.config import Settings, Site
from gatherings.doors.jobs import doors_drain
from gatherings.jobs.worker import Drain, Handler, Periodic
from gatherings.mail.drain import drain as mail_drain
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.own_data.actions import send_my_data_link
from gatherings.own_data.retention import KNOWN, let_go
from gatherings.payments.actions.gathering import JOB as GATHERED_JOB
from gatherings.payments.actions.gathering import send_gathered
from gatherings.payments.actions.reminding import JOB as REMIND_JOB
from gatherings.payments.actions.reminding import remind
from gatherings.payments.actions.unchosen import JOB as HELD_JOB
from gatherings.payments.actions.unchosen import send_link
from gatherings.payments.jobs import payments_drain
from gatherings.registration.actions import bulk
from gatherings.registration.actions.finding import send_links
from gatherings.registration.jobs import keep_dates, tell_drain, tidy
from gatherings.registration.ticket_jobs import waiting_drain
from gatherings.slots.jobs import tell_drain as tell_slots_drain
from gatherings.tickets.actions.application_news import EVERY as APPLICATIONS_EVERY
from gatherings.tickets.actions.application_news import JOB as APPLICATIONS_JOB
from gatherings.tickets.actions.application_news import tell_of_applications

BLUEPRINTS: Sequence[Blueprint] = (
    gatherings.accounts.routes.bp,
    gatherings.calendars.routes.bp,
    gatherings.calls.routes.bp,
    gatherings.communities.routes.bp,
    gatherings.doors.routes.bp,
    gatherings.letters.routes.bp,
    gatherings.live.routes.bp,
    gatherings.organise.routes.bp,
    gatherings.own_data.routes.bp,
    gatherings.pages.routes.bp,
    gatherings.payments.routes.bp,
    gatherings.registration.routes.bp,
    gatherings.slots.routes.bp,
)

# Screens that exist in the demo alone: the mailbox.
DEMO_BLUEPRINTS: Sequence[Blueprint] = (gatherings.mail.routes.bp,)

# Importing them is what makes their tables known to migrations and to mapper configuration.
MODELS: Sequence[Any] = (
    gatherings.accounts.models,
    gatherings.audit.models,
    gatherings.calls.models,
    gatherings.communities.models,
    gatherings.doors.models,
    gatherings.events.models,
    gatherings.invites.models,
    gatherings.jobs.models,
    gatherings.letters.models,
    gatherings.live.models,
    gatherings.loading.models,
    gatherings.mail.models,
    gatherings.payments.models,
    gatherings.questions.models,
    gatherings.registration.models,
    gatherings.slots.models,
    gatherings.tickets.models,
)

# How each kind of mail is composed from its facts.
MAILS: Mapping[str, Callable[[OutboxMail], Letter]] = {
    **gatherings.registration.mails.COMPOSERS,
    **gatherings.communities.mails.COMPOSERS,
    **gatherings.communities.member_mails.COMPOSERS,
    **gatherings.letters.mails.COMPOSERS,
    **gatherings.calls.mails.COMPOSERS,
    **gatherings.slots.mails.COMPOSERS,
    **gatherings.doors.mails.COMPOSERS,
    **gatherings.payments.mails.COMPOSERS,
    **gatherings.tickets.mails.COMPOSERS,
}


def handlers(site: Site) -> Mapping[str, Handler]:
    """Give what each kind of job does, for one installation."""
    return {
        "bulk_change": partial(bulk.run, site=site),
        SIGN_IN_JOB: lambda session, payload, now: answer_sign_in(session, payload, site, now=now),
        "find_links": lambda session, payload, now: (
            send_links(session, payload["key"], site, now=now),
            send_own_links(session, payload["key"], site, now=now),
        ),
        "my_data_link": lambda session, payload, now: send_my_data_link(session, payload["key"], site, now=now),
        PRESENTER_JOB: lambda session, payload, now: send_profile_link(session, payload, site, now=now),
        "keep_dates": partial(keep_dates, site=site),
        "tidy": partial(tidy, site=site, known=KNOWN),
        "let_go": let_go,
        REMIND_JOB: lambda session, payload, now: remind(session, site, now=now),
        GATHERED_JOB: lambda session, payload, now: send_gathered(session, payload, site, now=now),
        HELD_JOB: lambda session, payload, now: send_link(session, payload, site, now=now),
        APPLICATIONS_JOB: lambda session, payload, now: tell_of_applications(session, site, now=now),
    }


def drains(app: Flask, settings: Settings) -> Sequence[Drain]:
    """Give what the worker does besides jobs: mail, and telling people of changes and of what is near."""
    return (
        mail_drain(app, MAILS, settings),
        tell_drain(app, settings.site),
        waiting_drain(app, settings.site),
        tell_slots_drain(app, settings.site),
        doors_drain(app, settings.site),
        payments_drain(app, settings),
    )


# Jobs that come round by themselves, and how often.
PERIODIC: Sequence[Periodic] = (
    Periodic("keep_dates", timedelta(hours=6)),
    Periodic("tidy", timedelta(days=1)),
    Periodic("let_go", timedelta(days=1)),
    Periodic(REMIND_JOB, timedelta(days=1)),
    Periodic(APPLICATIONS_JOB, APPLICATIONS_EVERY),
)
