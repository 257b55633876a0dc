"""A box that is years old, made in seconds: statements truly signed, sealed, chained and logged; recordings are rows and small
files. Writes what the daemon would have written, but waits for no disk."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from capture_box import CaptureBox
from known_notices import VERIFIED
from record_box import ADULT, CHILD, DAY_MS, PASSPHRASE, WORK_FACTOR

from capture.audit.line import AuditEvent, AuditHead, Stamp, link_of, make_line, parse_line
from capture.catalogue import CaseHead, Catalogue, StatementRow
from capture.config import FILE_NAME, load_config
from capture.consent import statements
from capture.consent.case_record import CaseRecord
from capture.consent.consent_rules import to_participant
from capture.consent.histories import Histories
from capture.consent.history import Signers
from capture.consent.statements import (
    NO_HASH,
    AnyContent,
    ArmingStated,
    CaseOpened,
    ConsentStated,
    PersonAdded,
    Statement,
)
from capture.device_key import DeviceKey
from capture.ids import (
    CaseCode,
    ParticipantId,
    RecordingId,
    VisitId,
    new_arming_id,
    new_case_code,
    new_consent_id,
    new_participant_id,
    new_practitioner_id,
    new_recording_id,
    new_visit_id,
)
from capture.keyring import Keyrings, Unlocked
from capture.model import (
    Arming,
    ArmMode,
    Case,
    Confidence,
    Consent,
    Decision,
    Indication,
    Recording,
    RecordingState,
    Scope,
    StopReason,
    WallTime,
)
from capture.recordings import Recordings
from device.clock import SystemClock
from device.disk import SystemDisk

BOOT = "ab" * 16
LEASE_NS = 3 * 3_600 * 10**9
_TAKES_OF_A_VISIT = 20
_FILE = b"age-encryption.org/v1\n" + b"\x00" * 200
"""As good as any other where nobody opens it."""
_EVENTS = {
    CaseOpened: AuditEvent.CASE_OPENED,
    PersonAdded: AuditEvent.PARTICIPANT_ADDED,
    ConsentStated: AuditEvent.CONSENT_GIVEN,
    ArmingStated: AuditEvent.ARMED,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """How many cases there are, and how many consent events and recordings in all of them together."""

    cases: int
    consents: int
    recordings: int


@dataclass
class GrownCase:
    """One family as it grew: every person and scope is asked again and again, and the last answer is always yes."""

    code: CaseCode = field(default_factory=new_case_code)
    adult: ParticipantId = field(default_factory=new_participant_id)
    child: ParticipantId = field(default_factory=new_participant_id)
    recordings: list[RecordingId] = field(default_factory=list)


class GrownBox:
    """`capture` is not started; its practitioner is enrolled, and `sign_in` works. `cases` are the oldest first."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self.capture = CaptureBox(folder)
        self.shape = shape
        self._folder = folder
        clock, disk = SystemClock(), SystemDisk()
        self._device_key = DeviceKey.load(folder / "device.key")
        self._box_id = load_config(folder / FILE_NAME).box_id
        keyrings = Keyrings(folder / "keyrings", folder / "recipients", self._device_key, disk, WORK_FACTOR)
        practitioner = new_practitioner_id()
        keyrings.enrol(practitioner, PASSPHRASE)
        self.capture.username, self.capture.passphrase = practitioner, PASSPHRASE
        self._unlocked: Unlocked = keyrings.unlock(practitioner, PASSPHRASE)
        self._recipients = (self._unlocked.public.recipient, keyrings.recovery())
        self._now = WallTime(ms=clock.wall_ms() - DAY_MS, confidence=Confidence.BROWSER)
        self.cases = [GrownCase() for _ in range(shape.cases)]
        self._lines: list[bytes] = []
        self._log_head = self._head_of_log()
        self._heads: dict[CaseCode, CaseHead] = {}
        self._catalogue = Catalogue.open(folder / "catalogue.sqlite")
        self._catalogue.rows("PRAGMA synchronous = OFF")
        for case in self.cases:
            self._grow(case)
        self._catalogue.close()
        with (folder / "audit.log").open("ab") as log:
            log.writelines(self._lines)

    def read(self, case: GrownCase) -> CaseRecord:
        """The case as a daemon reads it that has kept nothing of it."""
        signers = Signers(self._device_key.public_hex, lambda _: self._unlocked.public.verify_hex)
        with closing(Catalogue.read(self._folder / "catalogue.sqlite")) as catalogue:
            return Histories(catalogue, self._box_id, signers).read(self._unlocked, case.code).record

    def recording(self, recording_id: RecordingId) -> Recording:
        with closing(Catalogue.read(self._folder / "catalogue.sqlite")) as catalogue:
            return Recordings(catalogue).get(recording_id)

    def _grow(self, case: GrownCase) -> None:
        self._state(case, CaseOpened(case=Case(code=case.code, opened=self._now)))
        for form, person in ((ADULT, case.adult), (CHILD, case.child)):
            self._state(case, PersonAdded(participant=to_participant(form, person)))
        for consent in itertools.islice(self._consents(case), self.shape.consents // self.shape.cases):
            self._state(case, ConsentStated(consent=consent))
        recordings = Recordings(self._catalogue)
        for number in range(self.shape.recordings // self.shape.cases):
            if number % _TAKES_OF_A_VISIT == 0:
                visit = new_visit_id()
                self._state(case, ArmingStated(arming=self._arming(case, visit)))
            recording = self._recording(case, visit)
            recordings.add(recording)
            case.recordings.append(recording.recording_id)
            for suffix in (".mp4.age", ".json"):
                (self._folder / "vault" / f"{recording.recording_id}{suffix}").write_bytes(_FILE)

    def _state(self, case: GrownCase, content: AnyContent) -> None:
        head = self._heads.get(case.code)
        statement = Statement(
            box_id=self._box_id,
            boot_id=BOOT,
            nonce=statements.new_nonce(),
            case=case.code,
            sequence=head.count + 1 if head else 1,
            previous=head.last_hash if head else NO_HASH,
            boottime_ns=1,
            wall=self._now,
            practitioner=self._unlocked.practitioner,
            content=content,
        )
        signed = statements.make(statement, self._unlocked)
        row = StatementRow(
            case=case.code,
            sequence=statement.sequence,
            type=statement.type,
            practitioner=statement.practitioner,
            nonce=statement.nonce,
            sealed=statements.seal(signed, self._recipients),
        )
        self._catalogue.append(row, signed.hash, head)
        self._heads[case.code] = CaseHead(case.code, statement.practitioner, statement.sequence, signed.hash)
        fields = {"case": case.code, "practitioner": statement.practitioner, "statement": statement.sequence}
        self._log(_EVENTS[type(content)], {**fields, "statement_hash": signed.hash})

    def _consents(self, case: GrownCase) -> Iterator[Consent]:
        for scope, person in itertools.cycle(itertools.product(Scope, (case.adult, case.child))):
            yield Consent(
                consent_id=new_consent_id(),
                participant_id=person,
                scope=scope,
                decision=Decision.GIVEN,
                given_by=case.adult,
                indication=Indication.SIGNED_PAPER,
                given=self._now,
                expires_ms=self._now.ms + 60 * DAY_MS,
                notice_hash=VERIFIED.text_hash,
                notice_version=VERIFIED.version,
                notice_language=VERIFIED.language,
                is_notice_verified=True,
                is_interpreter_used=False,
            )

    def _arming(self, case: GrownCase, visit: VisitId) -> Arming:
        return Arming(
            arming_id=new_arming_id(),
            visit_id=visit,
            case=case.code,
            present=(case.adult, case.child),
            consents=(new_consent_id(), new_consent_id()),
            practitioner=self._unlocked.practitioner,
            mode=ArmMode.FILM,
            armed_boottime_ns=1,
            lease_end_ns=1 + LEASE_NS,
        )

    def _recording(self, case: GrownCase, visit: VisitId) -> Recording:
        recording_id = new_recording_id()
        for event in (AuditEvent.RECORDING_OPENING, AuditEvent.RECORDING_SEALED):
            self._log(event, {"recording": recording_id})
        return Recording(
            recording_id=recording_id,
            case=case.code,
            visit_id=visit,
            practitioner=self._unlocked.practitioner,
            state=RecordingState.SEALED,
            started=self._now,
            boot_id=BOOT,
            started_boottime_ns=1,
            stop_reason=StopReason.PRESS,
            duration_ms=300_000,
            sealed_bytes=len(_FILE),
            frames_generated=9_000,
            frames_kept=9_000,
            marks_ms=(1_000, 2_000),
        )

    def _log(self, event: AuditEvent, fields: dict[str, str | int]) -> None:
        raw = make_line(self._device_key, self._log_head, Stamp(BOOT, 1, self._now), event, fields).encode()
        self._lines.append(raw)
        self._log_head = AuditHead(self._log_head.sequence + 1, link_of(raw))

    def _head_of_log(self) -> AuditHead:
        raw = (self._folder / "audit.log").read_bytes().splitlines(keepends=True)[-1]
        return AuditHead(parse_line(raw).seq, link_of(raw))
