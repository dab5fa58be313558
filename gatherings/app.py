"""`create_app(settings)`: the only place that assembles."""

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_compress import Compress
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from jinja2 import FileSystemBytecodeCache, StrictUndefined
from jinja2 import __version__ as jinja_version
from werkzeug.middleware.proxy_fix import ProxyFix

from gatherings import __version__, wiring
from gatherings.config import Settings, read_settings
from gatherings.core.clock import use_test_clock
from gatherings.core.tokens import Signer
from gatherings.db.migrations import Migrations
from gatherings.db.session import configure_engine, db
from gatherings.db.stamps import Stamps
from gatherings.events.queries import PUBLIC_STAMP
from gatherings.registration.forms import init_questions
from gatherings.web import times
from gatherings.web.cache import KeptFirst, PageCache
from gatherings.web.errors import init_errors
from gatherings.web.hall import Turnstile
from gatherings.web.headers import init_headers
from gatherings.web.i18n import init_i18n
from gatherings.web.middleware import put_around
from gatherings.web.money import init_money
from gatherings.web.origin import init_origin
from gatherings.web.requests import init_requests
from gatherings.web.rights import check_rights
from gatherings.web.static import init_static

csrf = CSRFProtect()
_HERE = Path(__file__).parent


def data_folder(name: str) -> Path:
    """Give the folder of templates, static files or migrations: inside an installed wheel, or beside the package."""
    installed = _HERE / "_data" / name
    return installed if installed.is_dir() else _HERE.parent / name


def create_app(settings: Settings | None = None) -> Flask:
    """Assemble the app from its settings; raises BadSetting, and RuntimeError for a view without a right."""
    settings = settings or read_settings()
    if settings.test_clock:
        use_test_clock(settings.test_clock)
    app = Flask("gatherings", template_folder=str(data_folder("templates")), static_folder=None)
    _configure(app, settings)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if not settings.development:
        _keep_templates(app, settings.instance)
    app.extensions["gatherings.signer"] = Signer(settings.secret_keys)
    db.init_app(app)
    with app.app_context():
        configure_engine(db.engine, threads=settings.threads)
    app.extensions["migrate"] = Migrations(db, data_folder("migrations"))
    Htmx(app)
    csrf.init_app(app)
    init_i18n(app, settings.languages, by_address=settings.development)
    times.init_times(app)
    init_money(app)
    init_questions(app)
    init_headers(app, https=settings.https, pays_at=settings.stripe.pays_at if settings.stripe else "")
    init_requests(app)
    init_origin(app)
    init_errors(app)
    for blueprint in wiring.BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.demo:
        for blueprint in wiring.DEMO_BLUEPRINTS:
            app.register_blueprint(blueprint)
    check_rights(app)
    Compress(app)
    with app.app_context():
        stamps = Stamps(db.engine, PUBLIC_STAMP)
    # From the inside out: the app, who works at a time, what is kept, files.
    put_around(app, lambda inner: Turnstile(inner, settings.threads))
    put_around(app, lambda inner: KeptFirst(inner, PageCache(), stamps, settings.languages))
    init_static(app, data_folder("static"), settings.instance, https=settings.https)
    if settings.proxy_count:
        count = settings.proxy_count
        put_around(app, lambda inner: ProxyFix(inner, x_for=count, x_proto=count, x_host=count))
    return app


def _keep_templates(app: Flask, instance: Path) -> None:
    """Keep templates compiled from one start to the next: half of what the first page takes. By source and version."""
    folder = instance / "templates" / f"{__version__}-{jinja_version}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))


def _configure(app: Flask, settings: Settings) -> None:
    hosts = {urlsplit(settings.base_url).netloc, settings.host}
    if settings.host in ("127.0.0.1", "localhost"):
        hosts |= {"127.0.0.1", "localhost"}
    app.config.update(
        GATHERINGS=settings,
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        TRUSTED_HOSTS=sorted(hosts),
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=500,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # where a form comes from is web/origin.py's to ask
        # What organisers' forms are known by; a neighbour under our domain can plant none (as accounts/guard.py).
        SESSION_COOKIE_NAME="__Host-form" if settings.https else "form",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Calendars are left out: Outlook imports nothing from a gzipped feed (calendars.md 21).
        COMPRESS_MIMETYPES=["text/html", "application/json", "application/ld+json"],
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=4,
        COMPRESS_MIN_SIZE=1000,
        TEMPLATES_AUTO_RELOAD=settings.development,
    )


def _engine_options(settings: Settings) -> dict[str, object]:
    # hide_parameters: what people typed must not come into a log with an error (reliability.md rule 22).
    if settings.sqlite:
        return {"hide_parameters": True, "pool_size": settings.threads + 2, "max_overflow": 10}
    return {
        "hide_parameters": True,
        "pool_size": settings.threads,
        "max_overflow": 4,
        "pool_pre_ping": True,
        "pool_timeout": 5,
        "pool_recycle": 600,  # a new connection asks for the time anew (db.session.follow_clock)
        "connect_args": {"connect_timeout": 5, "options": "-c lock_timeout=10s -c statement_timeout=30s"},
    }
