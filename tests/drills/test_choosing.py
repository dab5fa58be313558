"""Two organisers, many tabs: of ten times as many accepted at once, exactly as many as there are places (bar A10)."""

import asyncio
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from gatherings.calls.models import Call, Submission
from gatherings.events.models import Event
from tests.drills.client import Visitor
from tests.drills.conftest import Size
from tests.drills.crowd import in_turns
from tests.drills.houses import House
from tests.drills.running import run_all
from tests.signing import COOKIE, make_role, make_sign_in, token_in
from tests.slotting import make_call, make_submission


def test_accepting_at_once_never_passes_the_places(house: House, size: Size) -> None:
    event, places = house.event(), size(20, 4)
    with house.writing() as session:
        event = session.get_one(Event, event.id, options=[joinedload(Event.community)])
        call = make_call(session, event, places=places, slot_seconds=60, least_seconds=60, kept_seconds=0)
        ids = [
            make_submission(session, call, f"a10-{number}@example.org", seconds=60).public_id
            for number in range(10 * places)
        ]
        cookies = []
        for name in ("one", "two"):
            person = make_role(session, event.community, "organiser", f"a10-{name}@example.org")
            cookies.append(f"{COOKIE}={make_sign_in(house.app, session, person)}")
    path = f"/organise/events/{event.slug}/submissions"

    async def run() -> Counter[int]:
        browsers: list[tuple[str, str]] = []
        for cookie in cookies:
            async with Visitor(house.port, manners={"Cookie": cookie}) as visitor:
                page = await visitor.get("/organise/account")
                kept = page.headers["set-cookie"].split(";", 1)[0]  # a form's token belongs to the browser
                browsers.append((f"{cookie}; {kept}", token_in(page.text)))

        async def press(number: int) -> int:
            cookie, token = browsers[number % 2]
            async with Visitor(house.port, manners={"Cookie": cookie}) as visitor:
                for _try in range(40):
                    sent = {"csrf_token": token, "to": "accepted"}
                    answer = await visitor.post(f"{path}/{ids[number]}/decide", sent)
                    if answer.status != 503:  # "many people are here": they press again
                        break
                    await asyncio.sleep(0.1)
                return answer.status

        return Counter(await in_turns(range(len(ids)), press, size(60, 20)))

    statuses = run_all(run())
    assert statuses == {303: places, 409: 9 * places}
    with house.session() as session:
        counted = session.get_one(Call, call.id)
        accepted = (Submission.call_id == call.id, Submission.state == "accepted")
        rows = session.scalar(select(func.count()).where(*accepted))
    assert (counted.accepted, counted.accepted_seconds, rows) == (places, places * 90, places)
