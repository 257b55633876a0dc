"""Asks the real page over one real TLS connection, kept open from answer to answer as a player's. Retries nothing."""

from __future__ import annotations

import http.client
import ssl
from email.message import Message
from typing import NamedTuple

from whole_box import WholeBox

from webui.demo.box import ADDRESS


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes

    @property
    def length(self) -> int:
        return int(self.headers["Content-Length"])


class Wire:
    """A connection with the session of the box's laptop. Close it, or leave its `with`."""

    def __init__(self, box: WholeBox) -> None:
        context = ssl.create_default_context(cafile=str(box.capture.folder / "tls" / "ca.pem"))
        self._connection = http.client.HTTPSConnection(ADDRESS, box.port, timeout=20, context=context)
        self._cookie = box.laptop.cookie_header

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def begin(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """The answer's head; its body is the caller's to read. `If_Range` stands for If-Range."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, headers={"Cookie": self._cookie, **named})
        return self._connection.getresponse()

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        response = self.begin(path, method, **headers)
        return Answer(response.status, response.headers, response.read())
