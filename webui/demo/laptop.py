"""The practitioner's laptop: speaks HTTPS to the box with the box's own CA verified. Knows addresses, not what they mean.

A plain client of the standard library: cookies kept, redirects handed back to the caller, no retries of its own.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO

from webui.demo.page import Page
from webui.demo.trouble import DemoFailed

_MOST_BYTES = 4 * 1024 * 1024
"""A page or a JSON answer is far smaller; films are read by range, in blocks."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the box answered, wholly read."""

    status: int
    headers: Message
    """Names in any case: HTTP/2 and some servers write them small."""

    body: bytes

    @property
    def location(self) -> str:
        """The path that a redirect points to; empty where it is none."""
        parts = urllib.parse.urlsplit(str(self.headers.get("Location", "")))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def page(self) -> Page:
        return Page(self.body.decode("utf-8"))

    def number(self, key: str) -> int | float:
        value = self.values().get(key)
        if not isinstance(value, int | float):
            raise DemoFailed(f"the box's answer holds no number `{key}`")
        return value

    def text(self, key: str) -> str:
        value = self.values().get(key)
        if not isinstance(value, str):
            raise DemoFailed(f"the box's answer holds no text `{key}`")
        return value

    def values(self) -> dict[str, object]:
        """The JSON object that the box answered. Raises DemoFailed."""
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise DemoFailed("the box's answer is no JSON") from error
        if not isinstance(found, dict):
            raise DemoFailed("the box's answer is no JSON object")
        return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917  (urllib's signature)
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        del req, fp, code, msg, headers, newurl
        return None


class Laptop:
    """One browser session with the box at `base_url`. `ca_cert` is the only authority it trusts."""

    def __init__(self, base_url: str, ca_cert: Path) -> None:
        assert base_url.startswith("https://"), base_url
        self.base_url = base_url
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),  # the box is beside us: a proxy of this machine must not come between
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca_cert))),
            urllib.request.HTTPCookieProcessor(self._cookies),
            _NoRedirect(),
        )
        self._csrf = ""

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for a path. The token of a page's forms is kept for the next post."""
        reply = self._ask(urllib.request.Request(self._address(path), headers=dict(headers or {})))  # noqa: S310  (https only: see _address)
        if str(reply.headers.get("Content-Type", "")).startswith("text/html") and (token := reply.page.csrf_token):
            self._csrf = token
        return reply

    def post(self, path: str, fields: Mapping[str, str | list[str]]) -> Reply:
        """Send a form as a browser would. Raises DemoFailed with the page's own words if the box refuses it."""
        body = urllib.parse.urlencode({"csrf_token": self._csrf, **fields}, doseq=True).encode("ascii")
        headers = {"Origin": self.base_url, "Referer": self._address(path), "Content-Type": "application/x-www-form-urlencoded"}
        reply = self._ask(urllib.request.Request(self._address(path), data=body, headers=headers, method="POST"))  # noqa: S310  (as above)
        if reply.status >= 400:
            raise DemoFailed(
                f"the page refused {path} ({reply.status}): {reply.page.errors or reply.page.heading or 'no reason given'}"
            )
        return reply

    def page(self, path: str) -> Page:
        """A page that must be there. Raises DemoFailed."""
        reply = self.get(path)
        if reply.status != 200:
            raise DemoFailed(f"the page {path} answered {reply.status}")
        return reply.page

    @contextmanager
    def stream(self, path: str, start: int, stop: int | None = None) -> Iterator[http.client.HTTPResponse]:
        """Bytes [start, stop) of a file, read by the caller. Raises DemoFailed unless the box answers 206."""
        last = "" if stop is None else str(stop - 1)
        request = urllib.request.Request(self._address(path), headers={"Range": f"bytes={start}-{last}"})  # noqa: S310  (as above)
        try:
            with self._opener.open(request, timeout=60) as response:
                if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                    raise DemoFailed(f"{path} answered {response.status} to a request for a range")
                yield response
        except urllib.error.URLError as error:
            raise DemoFailed(f"{path} cannot be downloaded: {error}") from error

    def _address(self, path: str) -> str:
        assert path.startswith("/"), path
        return self.base_url + path

    def _ask(self, request: urllib.request.Request) -> Reply:
        try:
            with self._opener.open(request, timeout=30) as response:
                return Reply(response.status, response.headers, response.read(_MOST_BYTES))
        except urllib.error.HTTPError as answer:  # 3xx, 4xx and 5xx arrive as exceptions; they are answers all the same
            with answer:
                return Reply(answer.code, answer.headers, answer.read(_MOST_BYTES))
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            raise DemoFailed(f"the page at {self.base_url} does not answer: {error}") from error
