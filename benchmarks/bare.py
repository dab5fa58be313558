"""A bare Flask + SQLAlchemy app that does the same job without our code: what the machine and the stack allow.

The same pages (templates made of our own HTML by benchmarks/pages.py), form, tables and transaction.
"""

import csv
import hashlib
import io
import json
import os
import re
import secrets
import sqlite3
import sys
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, g, make_response, redirect, render_template, request
from sqlalchemy import (
    Engine,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship


class Base(DeclarativeBase):
    """The bare app's own tables."""


class Pool(Base):
    __tablename__ = "pools"
    id: Mapped[int] = mapped_column(primary_key=True)
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)


class Gathering(Base):
    __tablename__ = "gatherings"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    community: Mapped[str] = mapped_column(String(80), index=True)
    series: Mapped[str | None] = mapped_column(String(80), index=True)
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    zone: Mapped[str] = mapped_column(String(64))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"))
    pool: Mapped[Pool] = relationship()


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(320), unique=True)
    feed: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)


class Registration(Base):
    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("gathering_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    gathering_id: Mapped[int] = mapped_column(ForeignKey("gatherings.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(300))
    zone: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    person: Mapped[Person] = relationship()


class Outbox(Base):
    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    recipient: Mapped[str] = mapped_column(String(320))
    facts: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), index=True)
    created_at: Mapped[datetime]


class Bytes(Base):
    """Calendars as ready bytes, by address."""

    __tablename__ = "ready"
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


def make_engine(url: str, threads: int = 8) -> Engine:
    """Make the engine with the same pragmas and the same kind of transactions as ours."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=threads, max_overflow=4, pool_pre_ping=True)
    engine = create_engine(url, pool_size=threads + 2, max_overflow=10)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None
        pragmas = "journal_mode=WAL synchronous=FULL busy_timeout=10000 foreign_keys=ON cache_size=-2000"
        for pragma in pragmas.split():
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def create_app() -> Flask:
    """Make the app: BARE_DATABASE is its database, BARE_PAGES the folder of its templates."""
    app = Flask("bare", template_folder=os.environ["BARE_PAGES"], static_folder=None)
    if os.environ.get("BARE_COMPRESS") == "1":
        from flask_compress import Compress

        app.config.update(COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=4, COMPRESS_MIN_SIZE=1000)
        app.config["COMPRESS_MIMETYPES"] = ["text/html"]
        Compress(app)
    engine = app.extensions["bare.engine"] = make_engine(os.environ["BARE_DATABASE"])
    ready = {path: (data, f'"{hashlib.sha256(data).hexdigest()[:32]}"') for path, data in _ready(engine)}

    def session() -> Session:
        if "session" not in g:
            g.session = Session(engine, expire_on_commit=False)
        made: Session = g.session
        return made

    @app.teardown_appcontext
    def close(error: BaseException | None) -> None:
        made = g.pop("session", None)
        if made is not None:
            made.close()

    @app.get("/")
    def listing() -> str:
        now = datetime.now(UTC).replace(tzinfo=None)
        wanted = (
            select(Gathering).where(Gathering.starts_at > now).order_by(Gathering.starts_at, Gathering.id).limit(50)
        )
        return _listed("listing.html", session(), wanted)

    @app.get("/series/<slug>")
    def series(slug: str) -> str:
        now = datetime.now(UTC).replace(tzinfo=None)
        wanted = select(Gathering).where(Gathering.series == slug, Gathering.starts_at > now)
        return _listed("series.html", session(), wanted.order_by(Gathering.starts_at).limit(12))

    @app.get("/events/<slug>")
    def one(slug: str) -> str:
        return _page("event.html", _find(session(), slug))

    @app.post("/events/<slug>/register")
    def register(slug: str) -> Response:
        name, email = request.form.get("name", "").strip(), request.form.get("email", "").strip().lower()
        zone = request.form.get("zone", "").strip()
        if not name or len(name) > 200 or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            abort(422)
        ZoneInfo(zone)
        _take(session(), slug, name, email, zone)
        return make_response(redirect(f"/events/{slug}/registered", code=303))

    @app.get("/events/<slug>/registered")
    def registered(slug: str) -> str:
        return _page("done.html", _find(session(), slug))

    @app.get("/organise/events/<slug>/registrations")
    def desk(slug: str) -> str:
        found = _find(session(), slug)
        order = Registration.id if request.args.get("at") == "last" else Registration.id.desc()
        wanted = (
            select(Registration)
            .where(Registration.gathering_id == found.id)
            .order_by(order)
            .limit(50)
            .options(joinedload(Registration.person))
        )
        at = found.starts_at.replace(tzinfo=UTC)
        rows = [(row, f"{at.astimezone(ZoneInfo(row.zone)):%A %H:%M}") for row in session().scalars(wanted)]
        return render_template("desk.html", rows=rows)

    @app.get("/organise/events/<slug>/registrations/export.csv")
    def desk_csv(slug: str) -> Response:
        found = _find(session(), slug)
        wanted = select(Registration).where(Registration.gathering_id == found.id)
        if request.args.get("state") != "all":
            wanted = wanted.where(Registration.state == request.args["state"])
        at, text = found.starts_at.replace(tzinfo=UTC), io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["Name", "E-mail", "State", "Time zone", "Begins there", "Registered"])
        for row in session().scalars(wanted.order_by(Registration.id).options(joinedload(Registration.person))):
            begins = f"{at.astimezone(ZoneInfo(row.zone)):%Y-%m-%d %H:%M}"
            writer.writerow([row.name, row.person.key, row.state, row.zone, begins, f"{row.created_at:%Y-%m-%d %H:%M}"])
        return Response(text.getvalue(), content_type="text/csv; charset=utf-8")

    @app.get("/events/<slug>/event.ics")
    @app.get("/series/<slug>/calendar.ics")
    @app.get("/communities/<slug>/calendar.ics")
    def calendar(slug: str) -> Response:
        data, etag = ready[request.path]
        response = make_response(data)
        response.content_type = "text/calendar; charset=utf-8"
        response.headers["ETag"] = etag
        response.make_conditional(request)
        return response

    @app.get("/calendar/<token>.ics")
    def personal(token: str) -> Response:
        person = session().scalars(select(Person).where(Person.feed == token)).one_or_none()
        if person is None:
            abort(404)
        response = make_response(b"")
        response.content_type = "text/calendar; charset=utf-8"
        response.headers["ETag"] = f'"{person.version}-{token[:16]}"'
        response.make_conditional(request)
        return response

    return app


def _ready(engine: Engine) -> list[tuple[str, bytes]]:
    with Session(engine) as session:
        return [(row.path, row.data) for row in session.scalars(select(Bytes))]


def _find(session: Session, slug: str) -> Gathering:
    wanted = select(Gathering).where(Gathering.slug == slug).options(joinedload(Gathering.pool))
    found = session.scalars(wanted).one_or_none()
    if found is None:
        abort(404)
    return found


def _page(template: str, found: Gathering) -> str:
    return render_template(template, event=found, **_times(found))


def _listed(template: str, session: Session, wanted: Any) -> str:
    found = session.scalars(wanted.options(joinedload(Gathering.pool))).all()
    return render_template(template, events=[(one, _times(one)) for one in found])


def _times(found: Gathering) -> dict[str, str]:
    """Say the start on both clocks, as our pages do."""
    at = found.starts_at.replace(tzinfo=UTC)
    host = at.astimezone(ZoneInfo(found.zone))
    mine = at.astimezone(ZoneInfo(request.cookies.get("zone", found.zone)))
    return {"host": f"{host:%A %d %B, %H:%M}", "mine": f"{mine:%A %d %B, %H:%M}", "iso": mine.isoformat()}


def _take(session: Session, slug: str, name: str, email: str, zone: str) -> None:
    """Take a place: guarded UPDATE, person, registration and outbox row in one writing transaction."""
    session.rollback()
    session.connection(execution_options={"writing": True})
    found = _find(session, slug)
    free = or_(Pool.capacity.is_(None), Pool.taken < Pool.capacity)
    taken = session.execute(
        update(Pool)
        .where(Pool.id == found.pool_id, free)
        .values(taken=Pool.taken + 1)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        session.rollback()
        abort(409)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(Person).values(key=email, feed=secrets.token_urlsafe(16), version=1).on_conflict_do_nothing()
    )
    person = session.scalars(select(Person).where(Person.key == email)).one()
    now = datetime.now(UTC).replace(tzinfo=None)
    public_id = secrets.token_urlsafe(16)
    facts = {"event": {"title": found.title, "slug": slug, "starts": found.starts_at.isoformat()}, "name": name}
    session.add(
        Registration(
            public_id=public_id, gathering_id=found.id, person_id=person.id, name=name, zone=zone,
            state="confirmed", created_at=now,
        )
    )  # fmt: skip
    session.add(
        Outbox(key=f"confirmed:{public_id}", recipient=email, facts=json.dumps(facts), state="queued", created_at=now)
    )
    session.commit()


def prepare(
    url: str,
    gatherings: list[dict[str, Any]],
    calendars: dict[str, bytes],
    feed: str,
    people: list[dict[str, Any]],
) -> None:
    """Make the tables and fill them with what stands in our own database."""
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.connection(execution_options={"writing": True})
        for number, values in enumerate(gatherings, start=1):
            session.add(Pool(id=number, capacity=values.pop("capacity"), taken=0))
            session.flush()
            session.add(Gathering(id=number, pool_id=number, **values))
        session.add_all(Bytes(path=path, data=data) for path, data in calendars.items())
        session.add(Person(key="somebody@example.org", feed=feed, version=1))
        session.flush()
        for number, values in enumerate(people, start=2):
            session.add(Person(id=number, key=values.pop("key"), feed=f"feed-{number}", version=1))
            session.add(Registration(person_id=number, **values))
        session.flush()
        if not url.startswith("sqlite"):
            session.execute(text("SELECT setval('people_id_seq', (SELECT max(id) FROM people))"))
        session.commit()
    engine.dispose()


def serve(host: str, port: int) -> None:
    """Serve with the same server in the same dress as `gatherings run`."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "benchmarks.bare:create_app", address=host, port=port, interface=Interfaces.WSGI, factory=True, workers=2,
        blocking_threads=8, backlog=2048, backpressure=2048, log_access=False, websockets=False,
    ).serve()  # fmt: skip


if __name__ == "__main__":
    serve("127.0.0.1", int(sys.argv[1]))
