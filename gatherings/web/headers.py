"""Headers of every answer, errors and files included: one place for the policy."""

from flask import Flask, Response, g, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)

STANDING = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), interest-cohort=()",
}

# Over TLS, for a year: this site is never asked for without it (RFC 6797).
STAY = {"Strict-Transport-Security": "max-age=31536000"}


def add_headers(response: Response) -> Response:
    """Add the standing headers, and keep personal or failed answers out of every cache."""
    for name, value in STANDING.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store" if private() or response.status_code >= 400 else "no-cache"
    if private():
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    return response


def private() -> bool:
    """Tell whether this request is by a link of somebody's own, of somebody signed in, or changes something."""
    if g.get("private"):
        return True
    view = request.url_rule and request.view_args
    return bool(view and "token" in view) or request.method not in ("GET", "HEAD")


def init_headers(app: Flask, *, https: bool, pays_at: str = "") -> None:
    """Add headers to every response of the app; over TLS, tell browsers to stay there.

    `pays_at` is the origin of the pages that people pay at, "" for none: a form may lead there (browsers hold the
    whole way of a form against the policy, redirects included: payments.md 9), and nothing else may.
    """
    policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {pays_at}".rstrip())

    @app.after_request
    def standing(response: Response) -> Response:
        for name, value in STAY.items() if https else ():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy)
        return add_headers(response)
