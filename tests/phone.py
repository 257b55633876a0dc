"""A phone-sized window with a finger at the page, and axe-core's rules of WCAG 2.2 AA to try there. Holds no test."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from web_server import Server
from web_window import Watched

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Phone(Watched):
    """A small window with a finger; `broken` is what axe-core found, by page."""

    def __init__(self, chromium: Chromium, web: Server) -> None:
        context = chromium.new_context(
            ignore_https_errors=True, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
        )
        super().__init__(context, web)
        self.page.set_default_timeout(10_000)
        self.broken: dict[str, list[str]] = {}

    def look(self, heading: str, problem: str = "") -> Page:
        """Wait for the page with that heading (and that problem), and try the rules on it."""
        expect(self.page.locator("h1:visible")).to_have_text(heading)
        if problem:
            expect(self.page.locator(".nhsuk-error-summary__list")).to_contain_text(problem)
        self.page.evaluate(AXE.read_text("utf-8") + ";0")
        found = self.page.evaluate(
            "(rules) => axe.run({ runOnly: rules }).then((all) => all.violations.map((one) => one.id + ' ' + one.nodes[0].html))",
            RULES,
        )
        if found:
            self.broken[f"{heading} {problem}"] = found
        return self.page

    def tap(self, name: str | re.Pattern[str], role: str = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).tap()  # type: ignore[arg-type]
