"""Consents that are asked for separately: of one event, or of a community at all its events."""

from typing import Any

from flask import Response, request

from gatherings.communities.models import Community
from gatherings.core.errors import NotFound
from gatherings.core.words import say
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.conflicts import BASE, compare, pack, unpack
from gatherings.organise.forms.questions import ConsentForm
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.questions import BOTH, NOTES, act, frame, key_of, key_sent, path_of
from gatherings.questions import actions
from gatherings.questions.models import ConsentText
from gatherings.questions.queries import list_own_consents
from gatherings.web.answers import answer, go
from gatherings.web.i18n import words


@bp.get("/communities/<community>/consents")
@may("edit")
def consents(community: Community) -> Response:
    """Show the consents that a community asks for at all its gatherings."""
    rows = list_own_consents(current_session(), community)
    note = NOTES.get(request.args.get("done", ""))
    return answer("organise/consents.html", **frame(community), path=path_of(community), consents=rows, note=note)


@bp.route("/events/<event>/consents/new", methods=BOTH)
@bp.route("/communities/<community>/consents/new", methods=BOTH)
@may("edit")
def new_consent(event: Event | None = None, community: Community | None = None) -> Response:
    """Ask for another consent."""
    return _edit(event or community, None)


@bp.route("/events/<event>/consents/<int:consent_id>", methods=BOTH)
@bp.route("/communities/<community>/consents/<int:consent_id>", methods=BOTH)
@may("edit")
def consent(consent_id: int, event: Event | None = None, community: Community | None = None) -> Response:
    """Change the words of a consent: a new version."""
    of = event or community
    rows = list_own_consents(current_session(), of) if of is not None else []
    found = next((row for row in rows if row.id == consent_id), None)
    if found is None:
        raise NotFound()
    return _edit(of, found)


def _edit(of: Any, found: ConsentText | None) -> Response:
    stored = {"text": found.text if found is not None else ""}
    form = ConsentForm(data=stored)
    status, rows, key = 200, [], key_sent()
    if request.method == "POST":
        if found is not None:
            labels = {"text": words(say("What people agree to"))}
            rows = compare(labels, {"text": form.text.data}, stored, unpack(request.form.get(BASE)))
        if rows:
            status = 409
        elif form.validate():
            act(actions.keep_consent, key_of(of), found.id if found is not None else None, form.text.clean, key=key)
            return _back(of, "consent")
        else:
            status = 422
    return answer(
        "organise/consent.html", status=status, **frame(of), path=path_of(of), form=form, consent=found, rows=rows,
        base=pack(stored), key=key,
    )  # fmt: skip


def _back(of: Any, note: str) -> Response:
    page = "questions" if isinstance(of, Event) else "consents"
    return go(f"{path_of(of)}/{page}?done={note}")


@bp.post("/events/<event>/consents/<int:consent_id>/move")
@bp.post("/communities/<community>/consents/<int:consent_id>/move")
@may("edit")
def move_consent(consent_id: int, event: Event | None = None, community: Community | None = None) -> Response:
    """Move a consent up or down."""
    of = event or community
    steps = -1 if request.form.get("to") == "up" else 1
    act(actions.move_consent, key_of(of), consent_id, steps)
    return _back(of, "ordered")


@bp.post("/events/<event>/consents/<int:consent_id>/remove")
@bp.post("/communities/<community>/consents/<int:consent_id>/remove")
@may("edit")
def remove_consent(consent_id: int, event: Event | None = None, community: Community | None = None) -> Response:
    """Stop asking for a consent."""
    return _ask(event or community, consent_id, asked=False)


@bp.post("/events/<event>/consents/<int:consent_id>/ask-again")
@bp.post("/communities/<community>/consents/<int:consent_id>/ask-again")
@may("edit")
def ask_consent_again(consent_id: int, event: Event | None = None, community: Community | None = None) -> Response:
    """Ask for a consent again."""
    return _ask(event or community, consent_id, asked=True)


def _ask(of: Any, consent_id: int, *, asked: bool) -> Response:
    act(actions.ask_consent, key_of(of), consent_id, asked=asked)
    return _back(of, "consent-again" if asked else "consent-retired")
