"""Letters before they go out: the list, the form, what it looks like for somebody, a test to oneself."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, request

from gatherings.communities.actions.roles import By
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.db import current_session, transact
from gatherings.letters.actions import SavedMeanwhile, delete_letter, save_letter, try_letter
from gatherings.letters.audience import Audience, Recipient
from gatherings.letters.mails import compose, example
from gatherings.letters.models import Letter
from gatherings.letters.queries import LIMIT, count_states, find_letter, get_to_compose, list_letters, progress_of
from gatherings.letters.rules import FIELDS
from gatherings.mail.message import Letter as Written
from gatherings.mail.message import clean_text, wrap
from gatherings.organise.access import may, organiser
from gatherings.organise.conflicts import Row, compare, merged, pack, unpack
from gatherings.organise.forms.letter import LetterForm, labels, shown
from gatherings.organise.routes.letters.desk import Desk, at, read_words, whom
from gatherings.registration.listing import Filter
from gatherings.web.answers import go
from gatherings.web.headers import CONTENT_SECURITY_POLICY
from gatherings.web.i18n import speaking
from gatherings.web.requests import settings

# The page may show a frame of ours; the letter in it may be framed by us, and may do nothing but look.
_PAGE_POLICY = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
_LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


@at("")
@may("write")
def index(**thing: Any) -> Response:
    """List letters with how far each has got."""
    desk, session = Desk.at(**thing), current_session()
    before = request.args.get("before", "")
    letters = list_letters(session, desk.scope, before=before)
    older = letters[LIMIT - 1].public_id if len(letters) > LIMIT else None
    letters = letters[:LIMIT]
    return desk.show(
        "index.html", letters=letters, progress=count_states(session, letters), older=older, later=bool(before)
    )


@at("/new", methods=["GET", "POST"])
@may("write")
def new(**thing: Any) -> Response:
    """Write a new letter, to whom the address says: the same words as in the list of registrations."""
    desk = Desk.at(**thing)
    audience = Filter.read(request.args).to_args() if desk.event is not None else {}
    if request.method == "POST":
        return _save(desk, audience)
    like = find_letter(current_session(), desk.scope, request.args.get("like", ""))
    if like is not None and not audience:
        audience = like.audience
    return _form(desk, LetterForm.of(None, like=like), audience)


@at("/<letter>/edit", methods=["GET", "POST"])
@may("write")
def edit(letter: str, **thing: Any) -> Response:
    """Change a draft; what was sent is shown as it is."""
    desk = Desk.at(**thing)
    found = desk.letter(letter)
    if request.method == "POST":
        return _save(desk, found.audience, found)
    if found.state != "draft":
        return go(desk.path(found))
    return _form(desk, LetterForm.of(found), found.audience, letter=found)


@at("/<letter>/delete", methods=["POST"])
@may("write")
def delete(letter: str, **thing: Any) -> Response:
    """Delete a draft."""
    desk = Desk.at(**thing)
    transact(delete_letter, desk.scope, letter)
    return go(desk.base)


@at("/<letter>")
@may("write")
def show(letter: str, **thing: Any) -> Response:
    """Show a letter: as a draft with what it looks like for somebody, once sent with how far it has got."""
    desk, session = Desk.at(**thing), current_session()
    found = desk.letter(letter)
    audience = desk.audience_of(found)
    words = read_words(request.args.get("who", ""))
    chosen = desk.example(session, audience, request.args.get("as", ""))
    response = desk.show(
        "letter.html",
        letter=found,
        progress=progress_of(session, found),
        words=words,
        found=audience.find(session, words) if words else [],
        chosen=chosen,
        tested=request.args.get("tested", ""),
        seen=_written(found, chosen),
        wrap=wrap,
        **whom(session, audience),
    )
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@at("/<letter>/html")
@may("write")
def html(letter: str, **thing: Any) -> Response:
    """Give a letter's HTML as somebody gets it, for the frame; nothing in it runs or loads."""
    desk = Desk.at(**thing)
    found = desk.letter(letter)
    chosen = desk.example(current_session(), desk.audience_of(found), request.args.get("as", ""))
    response = make_response(clean_text(_written(found, chosen).html))
    response.headers["Content-Security-Policy"] = _LETTER_POLICY
    return response


@at("/<letter>/test", methods=["POST"])
@may("write")
def test(letter: str, **thing: Any) -> Response:
    """Send a letter to the organiser alone, as the person chosen gets it."""
    desk = Desk.at(**thing)
    found = desk.letter(letter)
    chosen = desk.example(current_session(), desk.audience_of(found), request.form.get("as", ""))
    is_new = transact(
        try_letter, desk.scope, letter, chosen, to=By.of(organiser()), site=settings().site, now=utc_now()
    )  # fmt: skip
    args = {"tested": "new" if is_new else "again", "as": chosen.public_id}
    return go(f"{desk.path(letter)}?{urlencode(args)}")


def _written(letter: Letter, recipient: Recipient) -> Written:
    row = get_to_compose(current_session(), letter.public_id)
    mail = example(recipient.facts(), row, zone=recipient.zone, language=recipient.language, now=utc_now())
    with speaking(recipient.language):
        return compose(mail, row)


def _save(desk: Desk, audience: dict[str, Any], letter: Letter | None = None) -> Response:
    now, form = utc_now(), LetterForm()
    public_id = letter.public_id if letter is not None else form.letter_id
    valid = form.validate()
    if not (form.check_day(now) and valid):
        return _form(desk, form, audience, letter=letter, status=422)
    try:
        transact(
            save_letter, desk.scope, public_id, form.draft(audience), author=By.of(organiser()), edits=form.opened_with,
            now=now,
        )  # fmt: skip
    except InvalidInput as refusal:
        form.take_problems(refusal)
        desk = desk.again()
        return _form(desk, form, audience, letter=desk.letter(public_id) if letter is not None else None, status=422)
    except SavedMeanwhile:
        desk = desk.again()
        return _differs(desk, form, desk.letter(public_id))
    return go(desk.path(public_id))


def _differs(desk: Desk, form: LetterForm, letter: Letter) -> Response:
    """Show the form again with what somebody else saved meanwhile beside what was typed: nothing is lost."""
    mine = {name: form[name].data for name in labels()}
    theirs = shown(letter)
    rows = compare(labels(), mine, theirs, unpack(form.base.data))
    for name, value in merged(mine, rows).items():
        form[name].data = value
    form.edits.data, form.base.data = str(letter.edits), pack(theirs)
    form.letter.data = letter.public_id
    return _form(desk, form, letter.audience, letter=letter, status=409, rows=rows)


def _form(
    desk: Desk,
    form: LetterForm,
    audience: dict[str, Any],
    *,
    letter: Letter | None = None,
    status: int = 200,
    rows: list[Row] | None = None,
) -> Response:
    asked: Audience = desk.audience(form.kind.data, audience)
    path = desk.path(letter, "/edit") if letter is not None else f"{desk.base}/new"
    if letter is None and audience:
        path += f"?{urlencode(audience)}"
    return desk.show(
        "form.html",
        status=status,
        form=form,
        letter=letter,
        rows=rows or [],
        path=path,
        fields=FIELDS[desk.of],
        **whom(current_session(), asked),
    )
