"""A box's statements: signed, logged, then committed; and read back verified. Judges no content, and changes none.

The audit line goes to disk before the commit: the log may know of a statement that a power cut then lost, never the other
way round. Nothing is said to have happened before both are done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from capture.audit.line import AuditEvent
from capture.catalogue import CaseHead, Catalogue, StatementRow
from capture.consent import statements
from capture.consent.case_record import CaseRecord
from capture.consent.histories import Histories
from capture.consent.history import History, Signers
from capture.consent.statements import NO_HASH, AnyContent, CaseOpened, Statement
from capture.errors import CatalogueBroken
from capture.ids import BoxId, CaseCode, new_case_code
from capture.keyring import Unlocked
from capture.log_memory import LogMemory
from capture.model import Case, WallTime
from capture.seal.keys import Recipient
from device.ports import Clock


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A line of the list of cases; `opened` is None where the case's first statement does not hold: shown, never skipped.
    `erase_due_ms` is what the catalogue says, and what the case says once it is opened."""

    code: CaseCode
    opened: WallTime | None
    erase_due_ms: int | None = None


def _nothing() -> None:
    """What follows most statements besides."""


@dataclass(frozen=True, slots=True)
class Said:
    """One statement to be made: what it says, how the log names it, and what the catalogue changes with it."""

    content: AnyContent
    event: AuditEvent
    ids: Mapping[str, str] = field(default_factory=dict)
    also: Callable[[], None] = _nothing


class Ledger:
    """Writes and reads the statements of one box. Only the practitioner whose case it is may read or add to it.

    Every statement is sealed to that practitioner and to `recovery`. `now` is the anchor's wall time. Thread-safe; blocks for
    the disk, so never to be called from the control thread. All methods raise SignInNeeded once `unlocked` is wiped,
    CatalogueBroken, and those that write also AuditBroken and VaultFull.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        memory: LogMemory,
        box_id: BoxId,
        *,
        signers: Signers,
        clock: Clock,
        now: Callable[[], WallTime],
    ) -> None:
        self._catalogue = catalogue
        self._memory = memory
        self._box_id = box_id
        self._clock = clock
        self._now = now
        self._histories = Histories(catalogue, box_id, signers)
        self._lock = threading.Lock()  # between reading a case's head and moving it nobody else may

    def open_case(self, unlocked: Unlocked, recovery: Recipient, make: Callable[[CaseCode], Case]) -> Case:
        """A new case of this practitioner, under a code that no other has."""
        with self._lock:
            code = new_case_code()
            while self._catalogue.head(code) is not None:
                code = new_case_code()
            case = make(code)
            self._write(unlocked, recovery, None, Said(CaseOpened(case=case), AuditEvent.CASE_OPENED))
            return case

    def state(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, decide: Callable[[CaseRecord], Said]) -> None:
        """Add what `decide` makes of the case as it stands; what it raises is raised, and nothing written. Raises NotFound."""
        with self._lock:
            history = self.history(unlocked, code)
            self._write(unlocked, recovery, history.head, decide(history.record))

    def history(self, unlocked: Unlocked, code: CaseCode) -> History:
        """The whole case, every statement verified. Raises NotFound if there is none, or it is another practitioner's."""
        return self._histories.read(unlocked, code)

    def while_still(self, unlocked: Unlocked, code: CaseCode, act: Callable[[], None]) -> History:
        """The whole case, of the moment of `act`: no statement of any case comes between what is answered and what it does."""
        with self._lock:
            history = self.history(unlocked, code)
            act()
            return history

    def cases(self, unlocked: Unlocked, after: str, limit: int) -> tuple[tuple[ListedCase, ...], bool]:
        """This practitioner's cases, newest first, from the one following `after`; and whether this page is the last."""
        heads = self._catalogue.heads(unlocked.practitioner, after, limit + 1)
        return tuple(self._listed(unlocked, head) for head in heads[:limit]), len(heads) <= limit

    def forget(self) -> None:
        """Nothing of what was opened stays in RAM: whoever could open it is signed out."""
        self._histories.forget()

    def _listed(self, unlocked: Unlocked, head: CaseHead) -> ListedCase:
        try:
            opened = self._histories.opened(unlocked, head.case)
        except CatalogueBroken:
            opened = None
        return ListedCase(head.case, opened, head.erase_due_ms)

    def _write(self, unlocked: Unlocked, recovery: Recipient, head: CaseHead | None, said: Said) -> None:
        """Sign, seal, log, commit. The caller holds the lock."""
        content = said.content
        statement = Statement(
            box_id=self._box_id,
            boot_id=self._clock.boot_id,
            nonce=statements.new_nonce(),
            case=content.case.code if isinstance(content, CaseOpened) else _case_of(head),
            sequence=head.count + 1 if head else 1,
            previous=head.last_hash if head else NO_HASH,
            boottime_ns=self._clock.boottime_ns(),
            wall=self._now(),
            practitioner=unlocked.practitioner,
            content=content,
        )
        signed = statements.make(statement, unlocked)
        row = StatementRow(
            case=statement.case,
            sequence=statement.sequence,
            type=statement.type,
            practitioner=statement.practitioner,
            nonce=statement.nonce,
            sealed=statements.seal(signed, (unlocked.public.recipient, recovery)),
        )
        self._memory.enter(row, signed.hash, head, event=said.event, ids=said.ids, also=said.also)


def _case_of(head: CaseHead | None) -> CaseCode:
    assert head is not None, "only an opening statement has no head"
    return head.case
