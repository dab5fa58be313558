"""Explicit tables of what the app is made of: one line for each, nothing discovered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint

import gatherings.accounts.models
import gatherings.audit.models
import gatherings.communities.models
import gatherings.events.models
import gatherings.invites.models
import gatherings.jobs.models
import gatherings.loading.models
import gatherings.mail.models
import gatherings.questions.models
import gatherings.registration.models

BLUEPRINTS: Sequence[Blueprint] = ()

# Importing them is what makes their tables known to migrations and to mapper configuration.
MODELS: Sequence[Any] = (
    gatherings.accounts.models,
    gatherings.audit.models,
    gatherings.communities.models,
    gatherings.events.models,
    gatherings.invites.models,
    gatherings.jobs.models,
    gatherings.loading.models,
    gatherings.mail.models,
    gatherings.questions.models,
    gatherings.registration.models,
)

# How each kind of mail is composed from its facts.
MAILS: Mapping[str, Callable[..., Any]] = {}

# What each kind of job does.
JOBS: Mapping[str, Callable[..., None]] = {}

# Jobs that come round by themselves, and how often.
PERIODIC: Sequence[tuple[str, timedelta]] = ()

# Screens that exist in the demo alone: the mailbox.
DEMO_BLUEPRINTS: Sequence[Blueprint] = ()
