"""What leaves the box so that a case may be handed over: headers of sealed things, signed by the box. Holds no secret, no film.

The file is one line of JSON in one spelling, ended by a newline:

    {"package":{…},"signature":"…128 hex…"}

The signature is the box's Ed25519 (`capture/device_key.py`) in the context `hand-over-package` over the exact bytes of the inner
object as they stand in the file, from its `{` to its `}`. Bytes are base64. Format: `docs/handing-over.md`.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec

from capture.device_key import DeviceKey, verify
from capture.errors import AuditBroken, BadRequest
from capture.ids import BoxId, CaseCode, PractitionerId, RecordingId, box_id, case_code, practitioner_id, recording_id
from capture.model import Fact, WallTime

CONTEXT = "hand-over-package"
FORMAT = "vigcam hand-over 1"
START = b'{"package":'
"""What every package begins with, and no age file."""
FILE_LIMIT = 16 << 20
"""Longest package or result that is read, in bytes: a case of 10,000 statements takes under 6 MB."""
MOST_STATEMENTS = 20_000
MOST_RECORDINGS = 5_000

Hex64 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
HeaderBytes = Annotated[bytes, msgspec.Meta(min_length=1, max_length=4_096)]
Place = Annotated[int, msgspec.Meta(ge=1, le=MOST_STATEMENTS)]


class StatementHeader(Fact, frozen=True, kw_only=True):
    """The age header of the statement at this place of the case, counted from 1."""

    place: Place
    header: HeaderBytes


class RecordingHeader(Fact, frozen=True, kw_only=True):
    """The age header of one recording's file."""

    recording_id: RecordingId
    header: HeaderBytes


class Package(Fact, frozen=True, kw_only=True):
    """All that somebody needs who holds the recovery identity, and who passes the case on by it."""

    format: Literal["vigcam hand-over 1"] = FORMAT  # type: ignore[assignment]
    box_id: BoxId
    device_key: Hex64
    """The box's public key: to compare with what the service knows of the box."""
    case: CaseCode
    giver: PractitionerId
    taker: PractitionerId
    recipient: str
    """The taker's, `age1…`: to it everything is sealed from now on, besides recovery."""
    recovery: str
    made: WallTime
    audit_sequence: int
    audit_head: Hex64
    last_hash: Hex64
    """The case's last statement when this was made; one that came later makes the package worthless."""
    statements: Annotated[tuple[StatementHeader, ...], msgspec.Meta(min_length=1, max_length=MOST_STATEMENTS)]
    recordings: Annotated[tuple[RecordingHeader, ...], msgspec.Meta(max_length=MOST_RECORDINGS)] = ()
    left: Annotated[tuple[RecordingId, ...], msgspec.Meta(max_length=MOST_RECORDINGS)] = ()
    """Recordings that change hands as they are: their headers are damaged, or whoever asked for the package left them out."""
    noted: Annotated[bytes, msgspec.Meta(max_length=65_536)] = b""
    """The whole sealed statement that holds the personal notes, which are sealed once more inside it; empty where none can."""


class _Signed(msgspec.Struct, forbid_unknown_fields=True):
    package: msgspec.Raw
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


_OUTER = msgspec.json.Decoder(_Signed)
_INNER = msgspec.json.Decoder(Package)


def sign_package(package: Package, device_key: DeviceKey) -> bytes:
    """The whole file's bytes."""
    inner = msgspec.json.encode(package)
    return _spell(inner, device_key.sign(CONTEXT, inner).hex())


def read_package(data: bytes) -> Package:
    """Parse, and check that it is signed by the box whose key it names: which box that is, is for people to compare.

    Raises BadRequest for what is no package, AuditBroken where the signature does not hold. Whoever signs with a key of their own
    may put anything in: the ids are parsed, for they are shown on a terminal.
    """
    try:
        signed = _OUTER.decode(data)
        inner = bytes(signed.package)
        package = _INNER.decode(inner)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadRequest("not a hand-over package") from error
    if _spell(inner, signed.signature) != data:
        raise AuditBroken("the package is not in the one allowed spelling")
    verify(package.device_key, CONTEXT, inner, bytes.fromhex(signed.signature))
    _check_ids(package)
    return package


def _check_ids(package: Package) -> None:
    box_id(package.box_id)
    case_code(package.case)
    for who in (package.giver, package.taker):
        practitioner_id(who)
    for recording in (*(one.recording_id for one in package.recordings), *package.left):
        recording_id(recording)


def hash_of(data: bytes) -> str:
    """SHA-256, hex: of a header, of a package."""
    return hashlib.sha256(data).hexdigest()


def key_fingerprint(device_key: str) -> str:
    """For people to compare: 16 hex digits of the SHA-256 of the box's public key, as `xxxx-xxxx-xxxx-xxxx`."""
    digits = hash_of(bytes.fromhex(device_key))[:16]
    return "-".join(digits[place : place + 4] for place in range(0, 16, 4))


def _spell(inner: bytes, signature: str) -> bytes:
    return START + inner + b',"signature":"' + signature.encode("ascii") + b'"}\n'
