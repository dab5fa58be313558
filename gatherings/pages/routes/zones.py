"""Choosing a clock without a script: a list of zones, a search, and one press that is remembered."""

from flask import Response, redirect, request

from gatherings.core import zones
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.words import say
from gatherings.pages import zone_search
from gatherings.pages.routes.blueprint import bp
from gatherings.web.answers import answer, go
from gatherings.web.rights import public
from gatherings.web.visitor import COOKIE, keep_zone, own_path, visitor_zone


@bp.get("/zones")
@public
def zones_page() -> Response:
    """Show all zones by region, and those that fit `?q=`: a city, a country or an old name."""
    asked = "".join(char for char in request.args.get("q", "")[:64] if char.isprintable()).strip()
    return answer(
        "pages/zones.html",
        "pages/_zones_found.html",
        noindex=True,
        asked=asked,
        found=[(zone, zones.city(zone)) for zone in zone_search.search(asked)],
        groups=[(region, [(zone, zones.city(zone)) for zone in members]) for region, members in zones.groups()],
        zone=visitor_zone(),
        chosen=request.cookies.get(COOKIE) is not None,
        back=own_path(request.args.get("next")),
    )


@bp.post("/zone")
@public
def choose_zone() -> Response:
    """Remember the zone that somebody chose and go back; an empty choice forgets it again."""
    back = own_path(request.form.get("next"))
    asked = request.form.get("zone", "")
    if asked == "":
        response = go(back)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
        return response
    zone = zones.canonical(asked)
    if zone is None:
        raise InvalidInput(
            [Problem("zone", say("We do not know that place's clock. Please choose another city in the list."))]
        )
    response = go(back)
    keep_zone(response, zone)
    return response


@bp.get("/zone")
@public
def zone_page() -> Response:
    """Lead to the list: this address only takes the press."""
    return redirect("/zones", code=302)  # type: ignore[return-value]  # Flask's own redirect gives its Response
