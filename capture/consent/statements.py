"""One statement of a case, by its practitioner: its exact bytes, its signature, its seal. Judges no rule, keeps nothing.

A statement lies in the catalogue as an age file, sealed to the practitioner and to recovery, of JSON: `text`, the exact JSON
that was signed, and `signature`, 128 hex digits. What is signed:

    b"vigcam statement v1" 0x00 text

That a case was handed over says the box itself: such a statement is signed by the device key (`capture/device_key.py`) in the
context `case-handed-over`, over `text`.

Each statement carries the hash of the one before in its case, so that none can be taken out, put in or moved:
`hash` = SHA-256(b"vigcam statement hash v1" 0x00 text 0x00 signature), hex; 64 zeros before the first.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from capture import device_key
from capture.device_key import DeviceKey
from capture.errors import AuditBroken, CatalogueBroken, NotARecipient, SealBroken, Truncated
from capture.ids import BoxId, CaseCode, ParticipantId, PractitionerId, RecordingId
from capture.keyring import Unlocked
from capture.model import Arming, Case, Consent, Fact, Participant, Purpose, RetentionClass, WallTime
from capture.seal.keys import Recipient
from capture.seal.small import seal_bytes, unseal_own_bytes

NO_HASH = "0" * 64
"""What the first statement of a case is chained to."""

_SIGNED_PREFIX = b"vigcam statement v1\x00"
_BOX_CONTEXT = "case-handed-over"
_HASH_PREFIX = b"vigcam statement hash v1\x00"

Hex64 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Content(Fact, frozen=True, kw_only=True, tag_field="type"):
    """Base of what a statement can say; the tag is the statement's type."""


class CaseOpened(Content, frozen=True, kw_only=True, tag="case_opened"):
    case: Case


class PersonAdded(Content, frozen=True, kw_only=True, tag="person_added"):
    participant: Participant


class ConsentStated(Content, frozen=True, kw_only=True, tag="consent_stated"):
    """Given or withdrawn."""

    consent: Consent


class ArmingStated(Content, frozen=True, kw_only=True, tag="arming_stated"):
    arming: Arming


class RetentionSet(Content, frozen=True, kw_only=True, tag="retention_set"):
    """The class by which the erase date is reckoned from here on."""

    retention: RetentionClass


class InvolvementEnded(Content, frozen=True, kw_only=True, tag="involvement_ended"):
    """When the work with the family ended; None takes back an end that was said before: the work goes on."""

    ended_ms: int | None


class NotesKept(Content, frozen=True, kw_only=True, tag="notes_kept"):
    """The practitioner's notes as they are from here on: an age file made in the web process, or empty."""

    notes: bytes


class NeedsStated(Content, frozen=True, kw_only=True, tag="needs_stated"):
    """What the family needs to be told and shown things well."""

    needs: str


class PersonAmended(Content, frozen=True, kw_only=True, tag="person_amended"):
    """Somebody of the case as they are from here on: the id is the old one, all else may differ."""

    participant: Participant


class PersonRemoved(Content, frozen=True, kw_only=True, tag="person_removed"):
    """No longer of the case: present in nothing, and giving nothing, from here on."""

    participant_id: ParticipantId


class TransferStated(Content, frozen=True, kw_only=True, tag="transfer_stated"):
    """A recording went to somebody: for what, to whom (by role, never by name), and which bytes."""

    recording_id: RecordingId
    purpose: Purpose
    recipient: str
    sealed_hash: str


class CaseHandedOver(Content, frozen=True, kw_only=True, tag="case_handed_over"):
    """From here on the case is the taker's, who opened all of it. `notes` are the case's, under a header that the taker opens."""

    giver: PractitionerId
    taker: PractitionerId
    notes: bytes = b""


AnyContent = (
    CaseOpened
    | PersonAdded
    | ConsentStated
    | ArmingStated
    | RetentionSet
    | InvolvementEnded
    | NotesKept
    | NeedsStated
    | PersonAmended
    | PersonRemoved
    | TransferStated
    | CaseHandedOver
)

HANDED_OVER = "case_handed_over"
"""The one type that the box signs."""


class Statement(Fact, frozen=True, kw_only=True):
    """One thing said once, by one practitioner, at one place: `sequence` counts from 1 within the case."""

    box_id: BoxId
    boot_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    nonce: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    """Used once; it also keeps the hash, which lies open, from telling what was said."""
    case: CaseCode
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    previous: Hex64
    boottime_ns: int
    wall: WallTime
    practitioner: PractitionerId
    content: AnyContent

    @property
    def type(self) -> str:
        return type_of(self.content)


class SignedStatement(Fact, frozen=True, kw_only=True):
    """The exact text that was signed, and its signature in hex."""

    text: str
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]

    @property
    def hash(self) -> str:
        """What the next statement of the case is chained to."""
        data = _HASH_PREFIX + self.text.encode() + b"\x00" + bytes.fromhex(self.signature)
        return hashlib.sha256(data).hexdigest()

    @property
    def line(self) -> bytes:
        """As it leaves the box: the exact bytes that were signed stand between the first `:` and the last `,`. The text is JSON
        and one line, since it was verified."""
        return b'{"statement":%s,"signature":"%s"}\n' % (self.text.encode(), self.signature.encode("ascii"))


_STATEMENT = msgspec.json.Decoder(Statement)
_SIGNED = msgspec.json.Decoder(SignedStatement)


def new_nonce() -> str:
    return secrets.token_hex(16)


def type_of(content: AnyContent) -> str:
    """The type as it stands in the signed text and in the catalogue."""
    return str(content.__struct_config__.tag)


def make(statement: Statement, unlocked: Unlocked) -> SignedStatement:
    """Sign it. Raises SignInNeeded if the keyring was wiped."""
    text = msgspec.json.encode(statement)
    return SignedStatement(text=text.decode(), signature=unlocked.sign(_SIGNED_PREFIX + text).hex())


def verify(signed: SignedStatement, verify_hex: str) -> Statement:
    """The statement, only if the holder of this Ed25519 key signed these bytes. Raises CatalogueBroken."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(verify_hex))
        key.verify(bytes.fromhex(signed.signature), _SIGNED_PREFIX + signed.text.encode())
    except (InvalidSignature, ValueError):
        raise CatalogueBroken("a statement's signature does not hold") from None
    return parse(signed)


def make_by_box(statement: Statement, box: DeviceKey) -> SignedStatement:
    """Sign it as the box."""
    text = msgspec.json.encode(statement)
    return SignedStatement(text=text.decode(), signature=box.sign(_BOX_CONTEXT, text).hex())


def verify_by_box(signed: SignedStatement, public_hex: str) -> Statement:
    """The statement, only if the box with this key signed these bytes. Raises CatalogueBroken."""
    try:
        device_key.verify(public_hex, _BOX_CONTEXT, signed.text.encode(), bytes.fromhex(signed.signature))
    except AuditBroken:
        raise CatalogueBroken("a statement's signature does not hold") from None
    return parse(signed)


def parse(signed: SignedStatement) -> Statement:
    """What a statement says; its signature is not looked at. Raises CatalogueBroken, never chained: a decoder's own words may
    quote what it read."""
    try:
        return _STATEMENT.decode(signed.text)
    except ValueError:
        raise CatalogueBroken("a statement's signature does not hold") from None


def seal(signed: SignedStatement, recipients: Sequence[Recipient]) -> bytes:
    """The age file that lies in the catalogue."""
    return seal_bytes(msgspec.json.encode(signed), recipients)


def unseal(sealed: bytes, unlocked: Unlocked) -> SignedStatement:
    """Raises CatalogueBroken if it does not open or holds something else; SignInNeeded if the keyring was wiped."""
    identity = unlocked.identity
    try:
        return _SIGNED.decode(unseal_own_bytes(sealed, identity))
    except (SealBroken, NotARecipient, Truncated):
        raise CatalogueBroken("a statement does not open") from None
    except ValueError:
        raise CatalogueBroken("a statement cannot be read") from None
