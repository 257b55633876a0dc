"""A window of a real browser at the page: what it complains of and whom it asks is written down. Holds no test."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request
from web_box import RealBox, wait_for
from web_server import Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Watched:
    """A browser window whose complaints and addresses are kept."""

    def __init__(self, context: BrowserContext, web: Server) -> None:
        self.base = f"https://localhost:{web.port}"
        self.context = context
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, box: RealBox) -> None:
        page = self.go("/sign-in")
        page.get_by_label("User name").fill(box.who.username)
        page.get_by_label("Your six words", exact=True).fill(box.who.passphrase)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading", name="Press the button on the box").wait_for()
        wait_for(lambda: box.status().waiting_for_press == "sign_in", "the box to ask")
        box.press()
        page.wait_for_url(self.base + "/", timeout=15_000)

    def _said(self, message: ConsoleMessage) -> None:
        # Chromium logs every refusal that we answer on purpose; those are not complaints about the page.
        if message.type in {"error", "warning"} and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)
