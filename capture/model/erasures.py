"""When films are due, and what the box signs about those it erased. Erases nothing."""

from __future__ import annotations

from enum import Enum

from capture.ids import CaseCode, PractitionerId, RecordingId
from capture.model.facts import Fact, WallTime


class Reminder(Enum):
    """How near the day is on which a case's films are due to be erased."""

    NONE = "none"
    DUE_IN_14 = "due_in_14"
    """Within 14 days; the next two likewise."""
    DUE_IN_7 = "due_in_7"
    DUE_IN_1 = "due_in_1"
    DUE = "due"
    """Today, or past."""
    DATE_UNKNOWN = "date_unknown"
    """The box does not know today's date, so nothing can be said to be due."""


class ErasureMethod(Enum):
    """What was done to a film's files."""

    HEADER_OVERWRITTEN = "header_overwritten"
    """The beginning of each sealed file was overwritten and synced, the file cut to nothing and synced, its name removed."""
    FOUND_GONE = "found_gone"
    """The erasure was cut short, and at the next start there was nothing left to overwrite."""


class ErasedRecording(Fact, frozen=True, kw_only=True):
    """One film that was erased: how it was, and when it went. `header_hash` is the SHA-256 of its age header, hex; empty where
    the header could not be read any more."""

    recording_id: RecordingId
    filmed: WallTime
    filmed_boot_id: str
    filmed_boottime_ns: int
    sealed_bytes: int
    header_hash: str
    was_transferred: bool
    method: ErasureMethod
    is_sync_reported: bool
    """Whether the disk said that the overwriting was durable. What a flash card keeps inside, no disk says."""
    erased: WallTime
    boot_id: str
    boottime_ms: int
    audit_sequence: int
    """Which line of the log says that it is gone."""


class ErasureReceipt(Fact, frozen=True, kw_only=True):
    """What the device signs about films of one case that one press erased: ids, sizes and times alone."""

    erasure_id: str
    ask_id: str
    """What was asked on the page and confirmed by the press; the log's lines carry it. Empty where the box does not know it."""
    box_id: str
    case: CaseCode
    practitioner: PractitionerId
    recordings: tuple[ErasedRecording, ...]
    audit_sequence: int
    audit_head: str
    """Sequence number and hash of the log's last line when this was signed."""
