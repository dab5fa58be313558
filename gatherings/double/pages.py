"""The double's own pages: the one that people pay at, and one for whoever tries the flow, where time can be moved on.

They say clearly that they are not Stripe's, and ask for nothing: no card, no name.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from gatherings.core.money import digits_of, plain
from gatherings.double.books import NotThere
from gatherings.double.notices import Notices
from gatherings.double.objects import seconds
from gatherings.double.params import BadParams
from gatherings.double.returns import Returns
from gatherings.payments.providers.stripe_money import from_stripe

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1f2430,#e8eaf0);--quiet:light-dark(#565d6d,#a9b0c0);
--paper:light-dark(#fff,#191d27);--ground:light-dark(#eef0f4,#0f121a);--line:light-dark(#ccd1dc,#3a4152);
--do:light-dark(#3a36b8,#a9a6ff);--on:light-dark(#fff,#14122e)}
*{box-sizing:border-box}
body{margin:0;padding-inline:.5rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-inline-size:34rem;margin:1.5rem auto;padding:1.25rem;background:var(--paper);border:1px solid var(--line);
border-radius:.75rem;overflow-wrap:anywhere}main.wide{max-inline-size:64rem}
.not{margin:0 0 1rem;padding:.5rem .75rem;border:2px dashed var(--quiet);border-radius:.5rem}
h1{font-size:1.35rem;margin:0 0 .75rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0}.quiet{color:var(--quiet)}.sum{font-size:1.75rem;font-weight:700}
dl{display:grid;grid-template-columns:1fr auto;gap:.25rem 1rem;margin:1rem 0}dd{margin:0;text-align:end}
form{display:grid;gap:.5rem;margin-block:.75rem}li form{display:inline-block;margin-inline-end:.5rem}
button,a.go{font:inherit;padding:.6rem 1rem;min-block-size:2.75rem;border-radius:.5rem;border:1px solid var(--do);
background:none;color:var(--do);cursor:pointer;text-align:center;text-decoration:none}
button.first{background:var(--do);color:var(--on);font-weight:600}
:focus-visible{outline:3px solid var(--do);outline-offset:2px}
ul{list-style:none;padding:0;margin:0}li{padding-block:.75rem;border-block-start:1px solid var(--line)}
.said{border-inline-start:4px solid #c43b3b;padding-inline-start:.75rem}a{color:var(--do)}
"""
_NOT = "This is a stand-in for Stripe, on this machine alone. No card is asked for, and nobody is charged."

# What can be pressed on the hosted page, in this order.
_ACTS = (
    ("pay", "Pay"),
    ("delay", "Pay by a bank whose money comes later"),
    ("decline", "Try a card that is declined"),
)
_DECLINED = "Your card was declined. Nothing was paid. Try another one."


class Pages:
    """What browsers see of the double."""

    def __init__(self, books: Returns, notices: Notices) -> None:
        self._books, self._notices = books, notices
        self._deeds: dict[str, Callable[[str], object]] = {
            "arrive": lambda found: books.settle(found, paid=True),
            "fail": lambda found: books.settle(found, paid=False),
            "expire": books.expire_session,
            "dispute": books.dispute,
            "won": lambda found: books.close_dispute(found, won=True),
            "lost": lambda found: books.close_dispute(found, won=False),
            "refund_fails": lambda found: books.settle_refund(found, done=False),
            "refund_arrives": books.settle_refund,
        }

    def answer(self, request: Request) -> Response:
        """Answer a browser."""
        try:
            if request.path.startswith("/c/pay/"):
                return self._hosted(request, request.path.removeprefix("/c/pay/"))
            if request.path == "/":
                return self._act(request) if request.method == "POST" else self._all()
        except NotThere:
            pass
        except (BadParams, AssertionError) as error:
            return _page("That cannot be done", Markup("<p class=said>{}</p>").format(str(error)), status=409)
        return _page("Nothing here", Markup("<p>There is nothing at this address.</p>"), status=404)

    # --- the hosted page ---

    def _hosted(self, request: Request, session_id: str) -> Response:
        self._books.expire_old()
        session = self._books.shown(self._books.find("checkout.session", session_id))
        act = request.form.get("act", "") if request.method == "POST" else ""
        if session["status"] != "open":
            words = "You have paid here already." if session["status"] == "complete" else "This page is too old."
            back = session["success_url"] if session["status"] == "complete" else session["cancel_url"]
            return _page(words, Markup('<p><a class="go" href="{}">Go back</a></p>').format(back))
        if act in ("pay", "delay"):
            getattr(self._books, act)(session_id)
            return redirect(session["success_url"], 303)
        if act == "decline":
            self._books.decline(session_id)
        return _page("Pay", self._bill(session, declined=act == "decline"))

    def _bill(self, session: dict[str, Any], *, declined: bool) -> Markup:
        asked = self._books.find("asked", session["id"])
        currency = session["currency"]
        lines = Markup().join(
            Markup("<dt>{} × {}</dt><dd>{}</dd>").format(
                line.get("quantity", 1),
                line["price_data"]["product_data"]["name"],
                _sum(line["price_data"]["unit_amount"] * line.get("quantity", 1), currency),
            )
            for line in asked["line_items"]
        )
        buttons = Markup().join(
            Markup("<button name=act value={}{}>{}</button>").format(
                act, Markup(" class=first") * (act == "pay"), label
            )
            for act, label in _ACTS
        )
        minutes = max(0, (session["expires_at"] - seconds()) // 60)
        return Markup(
            "{said}<p class=sum>{total}</p><p class=quiet>to {host} · {reference} · {address}</p><dl>{lines}</dl>"
            '<form method=post>{buttons}</form><p><a href="{back}">Back without paying</a></p>'
            "<p class=quiet>This page can be paid for another {minutes} minutes. Closing it pays nothing.</p>"
        ).format(
            said=Markup("<p class=said role=alert>{}</p>").format(_DECLINED) if declined else "",
            total=_sum(session["amount_total"], currency),
            host=urlsplit(session["success_url"]).netloc,
            reference=session["metadata"].get("reference", ""),
            address=session["customer_email"] or "",
            lines=lines,
            buttons=buttons,
            back=session["cancel_url"],
            minutes=minutes,
        )

    # --- everything, for whoever tries the flow ---

    def _act(self, request: Request) -> Response:
        deed = self._deeds.get(request.form.get("act", ""))
        if deed is not None:
            deed(request.form.get("about", ""))
        return redirect("/", 303)

    def _all(self) -> Response:
        self._books.expire_old()
        with self._books.lock:
            parts = [
                _list("Payments", [self._session_row(row) for row in self._newest("checkout.session")]),
                _list("Money given back", [self._refund_row(row) for row in self._newest("refund")]),
                _list("Disputes", [self._dispute_row(row) for row in self._newest("dispute")]),
                self._notice_row(),
            ]
        return _page("What happened here", Markup().join(parts), wide=True)

    def _newest(self, kind: str) -> list[dict[str, Any]]:
        return list(self._books.table(kind).values())[:-51:-1]

    def _session_row(self, row: dict[str, Any]) -> Markup:
        acts = {"open": [("expire", "Let it expire", row["id"])]}.get(row["status"], [])
        stands = "open" if row["status"] == "open" else "expired: nothing was paid"
        if row["status"] == "complete":
            intent = self._books.find("payment_intent", row["payment_intent"])
            charge = self._books.table("charge").get(intent["latest_charge"] or "")
            if intent["status"] == "processing":
                stands = "the money is on its way"
                acts = [("arrive", "The money arrives", row["id"]), ("fail", "It does not arrive", row["id"])]
            elif charge is None:
                stands = "the money did not arrive"
            else:
                stands = "disputed" if charge["disputed"] else "paid"
                acts = [] if charge["disputed"] else [("dispute", "The payer disputes it", intent["id"])]
        return _row(_sum(row["amount_total"], row["currency"]), row["metadata"].get("reference", ""), stands, acts)

    def _refund_row(self, row: dict[str, Any]) -> Markup:
        fails, arrives = ("refund_fails", "It comes back", row["id"]), ("refund_arrives", "It arrives", row["id"])
        acts = {"pending": [arrives, fails], "succeeded": [fails]}.get(row["status"], [])
        return _row(_sum(row["amount"], row["currency"]), row["payment_intent"], row["status"], acts)

    def _dispute_row(self, row: dict[str, Any]) -> Markup:
        acts = [("won", "The bank sides with us", row["id"]), ("lost", "The bank sides with the payer", row["id"])]
        open_ = row["status"] == "needs_response"
        return _row(_sum(row["amount"], row["currency"]), row["reason"], row["status"], acts if open_ else [])

    def _notice_row(self) -> Markup:
        refused = sum(1 for each in self._notices.sent if not 200 <= each.answered[-1] < 300)
        sent = len(self._notices.sent)
        return Markup("<p class=quiet>{} notices were sent, {} were not taken.</p>").format(sent, refused)


def _row(total: str, about: str, stands: str, acts: list[tuple[str, str, str]]) -> Markup:
    buttons = Markup().join(
        Markup("<form method=post><input type=hidden name=about value={}>").format(about_id)
        + Markup("<button name=act value={}>{}</button></form>").format(act, label)
        for act, label, about_id in acts
    )
    return Markup("<li><strong>{}</strong> · {} · {}{}</li>").format(total, about, stands, buttons)


def _list(title: str, rows: list[Markup]) -> Markup:
    found = Markup("<ul>{}</ul>").format(Markup().join(rows)) if rows else Markup("<p class=quiet>None.</p>")
    return Markup("<h2>{}</h2>{}").format(title, found)


def _sum(amount: int, currency: str) -> str:
    code = currency.upper()
    ours = from_stripe(amount, code)
    return f"{code} {plain(ours, code) if digits_of(code) else ours}"


def _page(title: str, body: Markup, *, status: int = 200, wide: bool = False) -> Response:
    html = Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><style>{style}</style></head>'
        '<body><main{wide}><p class="not">{not_}</p><h1>{title}</h1>{body}</main></body></html>'
    ).format(title=escape(title), style=Markup(_STYLE), wide=Markup(' class="wide"') * wide, not_=_NOT, body=body)  # noqa: S704 (a text of our own)
    return Response(str(html), status, content_type="text/html; charset=utf-8", headers={
        "Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "X-Robots-Tag": "noindex",
    })  # fmt: skip
