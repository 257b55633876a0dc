"""Messages about what a family may take away: a case's whole story, page by page. Says nothing of who may ask them.

An answer is one datagram, so whatever can be many comes in pages. `after` is the number of the last item that the asker has.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, Hash, Session, Verb
from capture.model import Arming, Case, Consent, Fact, Participant, Purpose, WallTime

Place = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
"""A number that counts from 1, or an offset; 0 asks for the first page."""


class ExportKind(Enum):
    """What is taken away, as the log names it."""

    RECEIPT = "receipt"
    CONSENT_RECORD = "consent_json"
    FHIR = "consent_fhir_json"
    AUDIT = "audit_extract"
    EVERYTHING = "subject_access_zip"


class BeginExport(Verb, frozen=True, kw_only=True):
    """Say that a case's records are taken away, and as what: logged, then answered. Answer: ExportBegun."""

    session: Session
    case: Code
    kind: ExportKind


class ExportBegun(Answer, frozen=True, kw_only=True):
    """The case (its notes apart), and what a reader needs to check the rest: the box's id and public key, and where its log
    stood, by the line that says so. `statements` is how many the case had then, and the log no others: by these two whoever asks
    page by page knows what came later. `has_notes`: whether there ever were any."""

    case: Case
    statements: int
    has_notes: bool = False
    box_id: str
    device_key: Hash
    now: WallTime
    audit_sequence: int
    audit_head: Hash
    kept_days: int = 60
    erase_due_ms: int | None = None
    """`kept_days` after the end of the work; None while it goes on."""


class ListPeople(Verb, frozen=True, kw_only=True):
    """Everybody who is or was of the case. Answer: PeoplePage."""

    session: Session
    case: Code
    after: Place = 0


class KnownPerson(Fact, frozen=True, kw_only=True):
    """`is_removed`: no longer of the case; their consents stand in its story all the same."""

    participant: Participant
    is_removed: bool = False


class PeoplePage(Answer, frozen=True, kw_only=True):
    people: tuple[KnownPerson, ...]
    is_last: bool


class ListConsents(Verb, frozen=True, kw_only=True):
    """Every consent event of the case behind the statement numbered `after`, oldest first. Answer: ConsentPage."""

    session: Session
    case: Code
    after: Place = 0


class PlacedConsent(Fact, frozen=True, kw_only=True):
    """A consent event, the number of the signed statement that holds it, and the hash by which the log names that statement."""

    consent: Consent
    sequence: int
    statement_hash: Hash
    against: tuple[str, ...] = ()
    """Why the gate does not count this yes, though it was the last word (`capture/consent/standing.py`)."""


class ConsentPage(Answer, frozen=True, kw_only=True):
    consents: tuple[PlacedConsent, ...]
    is_last: bool


class ListArmings(Verb, frozen=True, kw_only=True):
    """Every leave to film that was given, behind the statement numbered `after`: who was present, by which consents. Answer:
    ArmingPage."""

    session: Session
    case: Code
    after: Place = 0


class PlacedArming(Fact, frozen=True, kw_only=True):
    """An arming and the number of the signed statement that holds it; its times count within the boot `boot_id`."""

    arming: Arming
    boot_id: str
    sequence: int


class ArmingPage(Answer, frozen=True, kw_only=True):
    armings: tuple[PlacedArming, ...]
    is_last: bool


class ListTransfers(Verb, frozen=True, kw_only=True):
    """To whom recordings of the case went, behind the statement numbered `after`. Answer: TransferPage."""

    session: Session
    case: Code
    after: Place = 0


class PlacedTransfer(Fact, frozen=True, kw_only=True):
    """One handing on: for what, to whom (by role, never by name), which bytes, and the number of the statement that says so."""

    recording_id: str
    purpose: Purpose
    recipient: str
    sealed_hash: str
    sequence: int


class TransferPage(Answer, frozen=True, kw_only=True):
    transfers: tuple[PlacedTransfer, ...]
    is_last: bool


class ListManifests(Verb, frozen=True, kw_only=True):
    """What the box signed about the case's sealed recordings, newest first, from the one older than `before`. Answer:
    ManifestPage."""

    session: Session
    case: Code
    before: Annotated[str, msgspec.Meta(max_length=40)] = ""


class SignedManifest(Fact, frozen=True, kw_only=True):
    """A recording's manifest file, byte for byte: the signature is over these bytes. Empty where it cannot be read any more."""

    recording_id: str
    data: bytes


class ManifestPage(Answer, frozen=True, kw_only=True):
    """`before` begins the next page."""

    manifests: tuple[SignedManifest, ...]
    before: str
    is_last: bool


class ListReceipts(Verb, frozen=True, kw_only=True):
    """What the box signed about erasures of the case's recordings, behind the row numbered `after`, oldest first. Answer:
    ReceiptPage."""

    session: Session
    case: Code
    after: Place = 0


class SignedReceipt(Fact, frozen=True, kw_only=True):
    """One receipt, byte for byte, and the number of its row."""

    number: int
    erasure_id: str
    data: bytes


class ReceiptPage(Answer, frozen=True, kw_only=True):
    receipts: tuple[SignedReceipt, ...]
    is_last: bool


class AuditExtract(Verb, frozen=True, kw_only=True):
    """The log's lines about the case from this byte of the log on. Answer: AuditPage."""

    session: Session
    case: Code
    offset: Place = 0


class AuditPage(Answer, frozen=True, kw_only=True):
    """Lines as they stand in the log, each with its newline. The next page begins at `next_offset`; nothing is behind it where
    `is_last`."""

    lines: tuple[bytes, ...]
    next_offset: int
    is_last: bool


AnyExportVerb = (
    BeginExport | ListPeople | ListConsents | ListArmings | ListTransfers | ListManifests | ListReceipts | AuditExtract
)

AnyExportAnswer = ExportBegun | PeoplePage | ConsentPage | ArmingPage | TransferPage | ManifestPage | ReceiptPage | AuditPage
