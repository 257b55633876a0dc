"""A target with a flaw planted in it, for the test that a finding is reported: anything behind a good header is called wrong."""

from __future__ import annotations

from fuzz import header
from fuzz.target import Target

from capture.errors import SealBroken, Truncated
from capture.seal.header import parse_header
from capture.seal.stream import make_header


def seeds() -> list[bytes]:
    return [make_header(header.FILE_KEY, [header.identity(1).recipient])]


def check(data: bytes) -> None:
    try:
        length = parse_header(data).length
    except (SealBroken, Truncated):
        return
    assert length == len(data), "the planted flaw"


TARGET = Target(seeds, check, header.vary, most_bytes=4096)
