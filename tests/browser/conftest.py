"""One browser and one running installation for all tests here; each test has a visitor of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.kit import Visitor, visitor
from tests.browser.town import Town, build_town
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.parts import need


@pytest.fixture(scope="session")
def house(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation in production dress with a mail server; tests make events of their own in it."""
    need("browser")
    folder = tmp_path_factory.mktemp("house")
    with sqlite_template.fresh(folder) as url, open_house(folder, url, workers=1) as opened:
        yield opened


@pytest.fixture(scope="session")
def town(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """An installation with a page in every state, and the demo's mailbox."""
    need("browser")
    folder = tmp_path_factory.mktemp("town")
    with sqlite_template.fresh(folder) as url, open_house(folder, url, workers=1, GATHERINGS_DEMO="1") as opened:
        yield build_town(opened)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Let somebody visit an installation: `visit(house, scripts=False, timezone_id="Pacific/Auckland")`.

    At the end nothing may have gone wrong in anybody's browser: no word on the console (the policy for content
    speaks there too), no request to another site.
    """
    visitors: list[Visitor] = []
    with ExitStack() as stack:

        def come(house: House, **options: Any) -> Visitor:
            made = visitor(browser, house.server.url, **options)
            stack.callback(made.context.close)
            visitors.append(made)
            return made

        yield come
    assert [wrong for one in visitors for wrong in one.wrong] == []
