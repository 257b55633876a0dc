"""Messages about recordings: listing, opening, transfer. A descriptor travels beside `Opened` and `Picture`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, Hash, Session, ShortLabel, Verb
from capture.model import Fact, Purpose, Recording


class ListRecordings(Verb, frozen=True, kw_only=True):
    """Answer: RecordingList, newest first, one page of at most 50."""

    session: Session
    case: Annotated[str, msgspec.Meta(max_length=40)] = ""
    before: Annotated[str, msgspec.Meta(max_length=40)] = ""


class GetRecording(Verb, frozen=True, kw_only=True):
    """Answer: RecordingFound."""

    session: Session
    recording_id: Code


class OpenRecording(Verb, frozen=True, kw_only=True):
    """Unlock one recording for reading, if everybody in it consented to this purpose: logged, then Opened with a read-only
    descriptor of the sealed file. Raises ConsentMissing, ClockUntrusted."""

    session: Session
    recording_id: Code
    purpose: Purpose


class ConfirmTransfer(Verb, frozen=True, kw_only=True):
    """The receiver states what it holds: the sealed file's SHA-256 (checked against the manifest), or that the MP4's hash,
    computed at both ends by the page, agreed. Answer: Done; raises TransferMismatch, and what opening for this purpose would."""

    session: Session
    recording_id: Code
    received_bytes: Annotated[int, msgspec.Meta(ge=0)]
    sealed_hash: Hash | None = None
    mp4_hash: Hash | None = None
    purpose: Purpose = Purpose.DOWNLOAD
    recipient: ShortLabel = ""
    """Who holds it now, by role and never by name."""


class GetPicture(Verb, frozen=True, kw_only=True):
    """The newest framing picture, while Framing. Answer: Picture with a descriptor of sealed RAM (memfd)."""

    session: Session


class Refusal(Fact, frozen=True, kw_only=True):
    """`reasons` are the codes of every rule that speaks against this purpose."""

    purpose: Purpose
    reasons: tuple[str, ...]


class RecordingFound(Answer, frozen=True, kw_only=True):
    recording: Recording
    sealed_hash: str = ""
    """From the signed manifest; empty while filming and when interrupted."""
    refusals: tuple[Refusal, ...] = ()
    """What it may not be opened for now, and why; a purpose that is not named here is allowed."""


class RecordingList(Answer, frozen=True, kw_only=True):
    recordings: tuple[Recording, ...]
    is_last: bool


class Opened(Answer, frozen=True, kw_only=True):
    """The descriptor travels beside it. `file_key` is the age file key of this one file; `payload_offset` is where the
    STREAM begins (the age header's length); `is_sealed` is false for an interrupted file."""

    recording: Recording
    file_key: bytes
    payload_offset: int
    is_sealed: bool
    lasts_ms: int
    """For how long the consents behind it last, from when it was asked: then it is to be closed, read or not."""
    sealed_hash: str = ""


class Picture(Answer, frozen=True, kw_only=True):
    """The descriptor travels beside it."""

    size: int


AnyRecordingVerb = ListRecordings | GetRecording | OpenRecording | ConfirmTransfer | GetPicture

AnyRecordingAnswer = RecordingFound | RecordingList | Opened | Picture
