"""What a practitioner signs: one statement of a case, its exact bytes, its signature, its seal. Judges no rule, keeps nothing.

A statement lies in the catalogue as an age file, sealed to the practitioner and to recovery, of JSON: `text`, the exact JSON
that was signed, and `signature`, 128 hex digits. What is signed:

    b"vigcam statement v1" 0x00 text

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

from capture.errors import CatalogueBroken, NotARecipient, SealBroken, Truncated
from capture.ids import BoxId, CaseCode, PractitionerId
from capture.keyring import Unlocked
from capture.model import Arming, Case, Consent, Fact, Participant, WallTime
from capture.seal.keys import Recipient
from capture.seal.small import seal_bytes, unseal_bytes

NO_HASH = "0" * 64
"""What the first statement of a case is chained to."""

_SIGNED_PREFIX = b"vigcam statement v1\x00"
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


AnyContent = CaseOpened | PersonAdded | ConsentStated | ArmingStated


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
    """The statement, only if the holder of this Ed25519 key signed these bytes. Raises CatalogueBroken, never chained: a
    decoder's own words may quote what it read."""
    text = signed.text.encode()
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(verify_hex))
        key.verify(bytes.fromhex(signed.signature), _SIGNED_PREFIX + text)
        return _STATEMENT.decode(text)
    except (InvalidSignature, ValueError):
        raise CatalogueBroken("a statement's signature does not hold") from None


def seal(signed: SignedStatement, recipients: Sequence[Recipient]) -> bytes:
    """The age file that lies in the catalogue."""
    return seal_bytes(msgspec.json.encode(signed), recipients)


def unseal(sealed: bytes, unlocked: Unlocked) -> SignedStatement:
    """Raises CatalogueBroken if it does not open or holds something else; SignInNeeded if the keyring was wiped."""
    identity = unlocked.identity
    try:
        return _SIGNED.decode(unseal_bytes(sealed, identity))
    except (SealBroken, NotARecipient, Truncated):
        raise CatalogueBroken("a statement does not open") from None
    except ValueError:
        raise CatalogueBroken("a statement cannot be read") from None
