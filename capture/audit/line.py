"""One line of the audit log: its exact bytes, made and parsed in one place. Reads no file, keeps no chain.

A line is one JSON object in ASCII, no spaces, keys in exactly this order, ended by one newline:

    {"seq":7,"boot":"…32 hex…","boottime_ms":81234,"wall_ms":1790000000000,"confidence":"browser","event":"press",
     "fields":{"button":"main"},"prev":"…64 hex…","hash":"…64 hex…","sig":"…128 hex…"}

- `seq` counts from 1 and is also the number of the signed line.
- `prev` = SHA-256(b"vigcam audit link v2" 0x00 line), lower-case hex, of all bytes of the line before, newline included; 64 zeros
  in line 1. It covers that line's signature too: one good signature vouches for every byte before it.
- `body` = the bytes of the line from `{` up to, not including, `,"hash":`.
- `hash` = SHA-256(b"vigcam audit line v2" 0x00 body), lower-case hex.
- `sig` = the box's Ed25519 signature (`capture/device_key.py`) in the context `audit-line` over the 32 raw bytes of that hash.
- line 1 carries the box's public key in `fields.device_key`, 64 hex digits.

There is one spelling only: a line that parses but would be written otherwise is refused. Values are whole numbers below 2^53 or
strings of `[A-Za-z0-9_.:+-]{0,80}`: no space, no other script, so that no name fits in by accident.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, NamedTuple

import msgspec

from capture.device_key import DeviceKey, verify
from capture.errors import AuditBroken
from capture.model import Confidence, Fact, WallTime

CONTEXT = "audit-line"
KEY_FIELD = "device_key"
MAX_LINE_BYTES = 16_384

_HASH_PREFIX = b"vigcam audit line v2\x00"
_LINK_PREFIX = b"vigcam audit link v2\x00"
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIELD_TEXT = re.compile(r"[A-Za-z0-9_.:+-]{0,80}")
_INT_LIMIT = 2**53
_MAX_FIELDS = 16


class AuditEvent(Enum):
    """Everything the log can say."""

    BOX_PROVISIONED = "box_provisioned"
    RECOVERY_SET = "recovery_set"
    STARTED = "started"
    STOPPED = "stopped"
    SHUTDOWN = "shutdown"
    TAIL_LOST = "tail_lost"
    LOG_CUT = "log_cut"
    """Carries `sequence` and `hash` of the line that was remembered and is not there."""
    CATALOGUE_BEHIND = "catalogue_behind"
    """Carries `sequence`: the line that the catalogue remembered, though the box had ended in order behind it."""
    STATEMENT_LOST = "statement_lost"
    """Carries `case`, `statement`, `statement_hash`: the log knows of it, the catalogue does not."""
    PRESS = "press"
    MARK = "mark"
    REFUSED_PRESS = "refused_press"
    SIGN_IN_ASKED = "sign_in_asked"
    SIGN_IN_CONFIRMED = "sign_in_confirmed"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    ENROLMENT_OPENED = "enrolment_opened"
    ENROLMENT_CLOSED = "enrolment_closed"
    SETUP_CODE_REFUSED = "setup_code_refused"
    PRACTITIONER_ENROLLED = "practitioner_enrolled"
    PRACTITIONER_RETIRED = "practitioner_retired"
    PRACTITIONERS_LISTED = "practitioners_listed"
    CASES_LISTED = "cases_listed"
    RECOVERY_CHALLENGED = "recovery_challenged"
    RECOVERY_REFUSED = "recovery_refused"
    RECOVERY_CHANGED = "recovery_changed"
    """Carries `stage`: begun before the file is replaced, done after."""
    CLOCK_REPAIRED = "clock_repaired"
    CLOCK_SET = "clock_set"
    CLOCK_REFUSED = "clock_refused"
    CASE_OPENED = "case_opened"
    RETENTION_SET = "retention_set"
    INVOLVEMENT_ENDED = "involvement_ended"
    NOTES_KEPT = "notes_kept"
    NOTES_OPENED = "notes_opened"
    NEEDS_STATED = "needs_stated"
    PARTICIPANT_ADDED = "participant_added"
    PARTICIPANT_AMENDED = "participant_amended"
    PARTICIPANT_REMOVED = "participant_removed"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    ARMED = "armed"
    DISARMED = "disarmed"
    ARM_REFUSED = "arm_refused"
    FRAMING_OPENING = "framing_opening"
    """Carries `arming`; on disk before the sensor opens."""
    FRAMING_STARTED = "framing_started"
    FRAMING_STOPPED = "framing_stopped"
    RECORDING_OPENING = "recording_opening"
    """Carries `recording` and `header_hash`; on disk before the first frame."""
    RECORDING_STARTED = "recording_started"
    RECORDING_STOPPED = "recording_stopped"
    RECORDING_SEALED = "recording_sealed"
    RECORDING_INTERRUPTED = "recording_interrupted"
    RECORDING_ADOPTED = "recording_adopted"
    """The catalogue had lost it; a start entered it anew."""
    RECORDING_OPENED = "recording_opened"
    OPENING_REFUSED = "opening_refused"
    """Somebody in it has not consented to this use, or took it back."""
    TRANSFER_STATED = "transfer_stated"
    TRANSFER_CONFIRMED = "transfer_confirmed"
    TRANSFER_REFUSED = "transfer_refused"
    HAND_OVER_BEGUN = "hand_over_begun"
    HAND_OVER_BROUGHT = "hand_over_brought"
    HAND_OVER_REFUSED = "hand_over_refused"
    HAND_OVER_DONE = "hand_over_done"
    RECORDING_REWRAPPED = "recording_rewrapped"
    """Carries the hashes that are to be; `begun` is on disk before the header is overwritten."""
    ERASE_ASKED = "erase_asked"
    ERASE_REFUSED = "erase_refused"
    ERASED = "erased"
    EXPORTED = "exported"
    FAULT = "fault"
    FAULT_ACKNOWLEDGED = "fault_acknowledged"
    PEER_REFUSED = "peer_refused"


class AuditHead(NamedTuple):
    """Where a log stands: its last line's number, and the link that the next line carries as `prev`. Whoever remembers one can
    tell a log that was put back."""

    sequence: int
    hash: str


EMPTY = AuditHead(0, "0" * 64)
"""What line 1 is chained to."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a line was handed in, by both clocks."""

    boot: str
    boottime_ms: int
    at: WallTime


Hex64 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class AuditLine(Fact, frozen=True, kw_only=True):
    """One line, as on disk. Field order is the order of the bytes."""

    seq: Annotated[int, msgspec.Meta(ge=1, lt=_INT_LIMIT)]
    boot: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    boottime_ms: Annotated[int, msgspec.Meta(ge=0, lt=_INT_LIMIT)]
    wall_ms: Annotated[int, msgspec.Meta(gt=-_INT_LIMIT, lt=_INT_LIMIT)]
    confidence: Confidence
    event: AuditEvent
    fields: dict[str, int | str]
    prev: Hex64
    hash: Hex64
    sig: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]

    def encode(self) -> bytes:
        """The exact bytes on disk, newline included."""
        return _ENCODER.encode(self) + b"\n"

    @property
    def head(self) -> AuditHead:
        """What the next line is chained to."""
        return AuditHead(self.seq, link_of(self.encode()))

    def check_signature(self, public_hex: str) -> None:
        """Raises AuditBroken unless the box with this key signed this line's hash."""
        verify(public_hex, CONTEXT, bytes.fromhex(self.hash), bytes.fromhex(self.sig))


_DECODER = msgspec.json.Decoder(AuditLine)
_ENCODER = msgspec.json.Encoder()


def link_of(data: bytes) -> str:
    """What the line behind this one carries as `prev`; `data` is the whole line, newline included."""
    return hashlib.sha256(_LINK_PREFIX + data).hexdigest()


def check_fields(fields: Mapping[str, object]) -> dict[str, int | str]:
    """The door of the log: raises ValueError for anything that could carry a name (spaces, other scripts, length)."""
    if len(fields) > _MAX_FIELDS:
        raise ValueError(f"{len(fields)} fields in one audit line")
    checked: dict[str, int | str] = {}
    for name, value in fields.items():
        if not _FIELD_NAME.fullmatch(name):
            raise ValueError("malformed audit field name")
        match value:
            case bool():
                raise ValueError(f"audit field {name}: neither a whole number nor a code")
            case int() if abs(value) < _INT_LIMIT:
                checked[name] = value
            case str() if _FIELD_TEXT.fullmatch(value):
                checked[name] = value
            case _:  # the value itself is not repeated: it may be what must not be logged
                raise ValueError(f"audit field {name}: neither a whole number nor a code")
    return checked


def make_line(key: DeviceKey, last: AuditHead, stamp: Stamp, event: AuditEvent, fields: Mapping[str, int | str]) -> AuditLine:
    """Make and sign the line that follows `last`. `fields` went through `check_fields`."""
    unsigned = AuditLine(
        seq=last.sequence + 1,
        boot=stamp.boot,
        boottime_ms=stamp.boottime_ms,
        wall_ms=stamp.at.ms,
        confidence=stamp.at.confidence,
        event=event,
        fields=dict(fields),
        prev=last.hash,
        hash="",
        sig="",
    )
    digest = _digest(unsigned.encode())
    return msgspec.structs.replace(unsigned, hash=digest.hex(), sig=key.sign(CONTEXT, digest).hex())


def parse_line(data: bytes) -> AuditLine:
    """Parse one line with its newline, and check its spelling and its hash; not yet its signature or its place in the chain.

    Raises AuditBroken.
    """
    if len(data) > MAX_LINE_BYTES:
        raise AuditBroken("too long")
    try:
        line = _DECODER.decode(data)
        check_fields(line.fields)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise AuditBroken("malformed") from error
    if line.encode() != data:
        raise AuditBroken("not in the one allowed spelling")
    if _digest(data).hex() != line.hash:
        raise AuditBroken("hash does not hold")
    return line


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(_HASH_PREFIX + data[: data.rindex(b',"hash":')]).digest()
