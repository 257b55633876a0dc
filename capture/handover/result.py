"""What comes back to the box: for each header of the package a new one that the taker alone opens. Proves nothing by itself.

One line of JSON, unsigned. The box believes none of it: whatever the taker's own identity does not open is refused, and from what
it opens the box makes the headers that it keeps. So nobody on the way can take recovery out, or put somebody else in.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from capture.errors import BadRequest
from capture.handover.package import MOST_RECORDINGS, MOST_STATEMENTS, HeaderBytes, Hex64, Place
from capture.ids import BoxId, CaseCode, PractitionerId, RecordingId
from capture.model import Fact

FORMAT = "vigcam hand-over result 1"


class CarriedStatement(Fact, frozen=True, kw_only=True):
    """`old_hash` is the SHA-256 of the header that `header` shall replace."""

    place: Place
    old_hash: Hex64
    header: HeaderBytes


class CarriedRecording(Fact, frozen=True, kw_only=True):
    recording_id: RecordingId
    old_hash: Hex64
    header: HeaderBytes


class Result(Fact, frozen=True, kw_only=True):
    """The answer to one package."""

    format: Literal["vigcam hand-over result 1"] = FORMAT  # type: ignore[assignment]
    box_id: BoxId
    case: CaseCode
    giver: PractitionerId
    taker: PractitionerId
    package_hash: Hex64
    statements: Annotated[tuple[CarriedStatement, ...], msgspec.Meta(min_length=1, max_length=MOST_STATEMENTS)]
    recordings: Annotated[tuple[CarriedRecording, ...], msgspec.Meta(max_length=MOST_RECORDINGS)] = ()
    left: Annotated[tuple[RecordingId, ...], msgspec.Meta(max_length=MOST_RECORDINGS)] = ()
    """As in the package."""
    notes: Annotated[bytes, msgspec.Meta(max_length=4_096)] = b""
    """A header for the personal notes inside the statement; empty where there are none."""


_RESULT = msgspec.json.Decoder(Result)


def write_result(result: Result) -> bytes:
    return msgspec.json.encode(result) + b"\n"


def read_result(data: bytes) -> Result:
    """Raises BadRequest."""
    try:
        return _RESULT.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadRequest("not the result of a hand-over", reasons=("hand_over_unreadable",)) from error
