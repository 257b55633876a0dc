"""Sends content by ranges, block by block, and gives the file back at the end, at an abort, and if nobody ever read.

The server encrypts and sends one block in its own thread while the answer's thread unseals the next two, of which one waits to
be taken: that is the reading ahead, and it stands still while a client does not read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from flask import Response, request

from capture.errors import VigcamError
from webui.movies import Lease
from webui.ranges import NotModified, Part, PreconditionFailed, RangeRequest, Unsatisfiable, Whole, wanted

_LOG = logging.getLogger("vigcam.web")

BLOCK_BYTES = 256 * 1024
"""Between two evils: each block wakes a thread, and what is unsealed should still be in the processor's cache when it is sent.
With what the sockets hold, some thirteen blocks leave here ahead of what a client has read: 3 MB for each that reads nothing."""


Block = bytes | bytearray
"""What the server takes: it copies each block before it asks for the next, of whichever kind. `bytearray` saves a copy here."""


class Blocks(Protocol):
    """Bytes `start` up to `stop` in blocks."""

    def __call__(self, start: int, stop: int, block_size: int = ...) -> Iterator[Block]: ...


@dataclass(frozen=True, slots=True)
class Content:
    """`etag` is strong and has its quotes; `name` makes it a file to keep."""

    kind: str
    size: int
    etag: str
    blocks: Blocks
    name: str = ""


class Stream:
    """The blocks of one answer, and the hold on their file. A class, for a generator that was never begun closes nothing."""

    def __init__(self, blocks: Iterator[Block], lease: Lease, on_block: Callable[[], None]) -> None:
        self._blocks = blocks
        self._lease = lease
        self._on_block = on_block

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Block:
        try:
            self._on_block()
            _ = self._lease.fd  # raises once it was dropped: the transfer ends with what allowed it
            return next(self._blocks)
        except VigcamError as error:
            # Nothing can be told to the client any more but by an end before Content-Length, which cuts the connection.
            _LOG.info("a transfer ended early: %s", error.code)
            self.close()
            raise StopIteration from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._lease.close()


def respond(content: Content, lease: Lease, on_block: Callable[[], None]) -> Response:
    """The answer to the request at hand. Takes the lease over: it is closed when the answer ends, or at once without a body."""
    headers = request.headers
    asked = RangeRequest(
        request.method,
        headers.get("Range", ""),
        headers.get("If-Range", ""),
        headers.get("If-Match", ""),
        headers.get("If-None-Match", ""),
    )
    match wanted(asked, content.size, content.etag):
        case NotModified():
            return _bare(HTTPStatus.NOT_MODIFIED, content, lease)
        case PreconditionFailed():
            return _bare(HTTPStatus.PRECONDITION_FAILED, content, lease)
        case Unsatisfiable():
            response = _bare(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, content, lease)
            response.headers["Content-Range"] = f"bytes */{content.size}"
            return response
        case Part(start, stop):
            response = _body(HTTPStatus.PARTIAL_CONTENT, content, (start, stop), lease, on_block)
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
            return response
        case Whole():
            return _body(HTTPStatus.OK, content, (0, content.size), lease, on_block)


def _body(status: HTTPStatus, content: Content, span: tuple[int, int], lease: Lease, on_block: Callable[[], None]) -> Response:
    start, stop = span
    if request.method == "HEAD":
        response = _bare(status, content, lease)
    else:
        stream = Stream(content.blocks(start, stop, BLOCK_BYTES), lease, on_block)
        response = Response(stream, status=status, direct_passthrough=True)  # type: ignore[arg-type]  # passed on unseen
        _label(response, content)
    response.headers["Content-Type"] = content.kind
    response.headers["Content-Length"] = str(stop - start)
    if content.name:
        response.headers["Content-Disposition"] = f'attachment; filename="{content.name}"'
    return response


def _bare(status: HTTPStatus, content: Content, lease: Lease) -> Response:
    lease.close()
    response = Response(status=status)
    del response.headers["Content-Type"]
    _label(response, content)
    return response


def _label(response: Response, content: Content) -> None:
    response.headers["ETag"] = content.etag
    response.headers["Accept-Ranges"] = "bytes"
