"""What the catalogue remembers of the audit log, so that a log cut or put back, and a statement lost, are found. Erases nothing.

The log has each statement's line before the catalogue has the statement, and with each statement the catalogue has its head.
So a start finds both: a log that lacks the remembered line, and a statement behind it that the catalogue lacks. The first waits
for a person, as a fault; the second holds its case, because what was lost may have been a withdrawal.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from capture.audit.line import AuditEvent
from capture.audit.log import AuditLog
from capture.audit.memories import KeptCase, is_last_lost, missing_statements
from capture.audit.memory import RememberedHead, lines_behind
from capture.audit.traces import Traces
from capture.catalogue import CaseHead, Catalogue, StatementRow
from capture.consent.statements import HANDED_OVER
from capture.errors import CatalogueBroken, VigcamError
from capture.held_cases import HeldCases
from capture.ids import CaseCode
from device.ports import Clock

_log = logging.getLogger(__name__)

LOG_CUT: Final = "log_cut"
"""The recorder's fault while a cut waits for a person."""

_HEAD = "audit_head"
_CUT = "audit_cut"
_EVERY_NS = 60 * 1_000_000_000


def remembered_head(catalogue: Catalogue) -> RememberedHead | None:
    """None where nothing was remembered yet. Raises CatalogueBroken."""
    text = catalogue.meta(_HEAD)
    try:
        return None if text is None else RememberedHead.parse(text)
    except ValueError as error:
        raise CatalogueBroken("what it remembers of the log") from error


class LogMemory:
    """One log's head in one catalogue. Thread-safe; blocks for the disk but for `keep`, `soon` and `acknowledge`."""

    def __init__(self, catalogue: Catalogue, audit: AuditLog, clock: Clock) -> None:
        self._catalogue, self._audit, self._clock = catalogue, audit, clock
        self._held = HeldCases(catalogue)
        self._stored = remembered_head(catalogue)
        self._stored_ns = clock.boottime_ns()
        self._entering = threading.Lock()  # one statement between its line and its commit, so that no head is stored past another
        self._lock = threading.Lock()
        self._on_their_way = 0
        """Statements between line and commit; one of which nobody can say whether it is there stays for this run."""
        self._is_acknowledged = threading.Event()
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="memory")
        self._keeping: Future[None] | None = None

    @property
    def fault(self) -> str:
        """The fault that the recorder begins with: `log_cut` until somebody has pressed for it, else empty."""
        return LOG_CUT if self._catalogue.meta(_CUT) else ""

    def settle(self, log: Path) -> None:
        """At a start, before anything is served: hold each case that lacks a statement, say which, remember where the log stands.

        Reads the lines behind the remembered one: few, unless the catalogue was put back. Raises AuditBroken, CatalogueBroken,
        VaultFull, OSError.
        """
        if self._audit.is_cut:
            self._catalogue.set_meta(_CUT, str(self._audit.head.sequence))
        traces = Traces()
        stored = self._stored
        is_placed = stored is not None and not self._audit.is_cut
        for line in lines_behind(log, stored.end_offset if stored and is_placed else 0):
            traces.take(line)
        if stored and is_placed and traces.stopped_seq > stored.sequence:
            # Told before the head is stored anew: nothing would show it afterwards.
            self._audit.append(AuditEvent.CATALOGUE_BEHIND, sequence=stored.sequence)
        kept = {case: KeptCase(head.count, head.last_hash) for case in traces.statements if (head := self._head(case))}
        missing = missing_statements(traces, kept)
        # Held before it is told: a start that is cut in between finds the statement missing again, and not told of.
        self._held.hold(CaseCode(case) for case in kept if is_last_lost(traces, case, missing))
        for one in missing:
            self._audit.append(AuditEvent.STATEMENT_LOST, case=one.case, statement=one.number, statement_hash=one.hash)
        self._keep()  # a card without room for it must not keep the box shut: the next start reads a little further back

    def enter(
        self,
        row: StatementRow,
        statement_hash: str,
        previous: CaseHead | None,
        *,
        event: AuditEvent,
        ids: Mapping[str, int | str],
        also: Callable[[], None],
    ) -> None:
        """Log a statement, then commit it, with where the log stands. A hold on its case ends, unless it is the box that says
        something: that settles nothing. Raises as log and catalogue do."""
        with self._entering:
            with self._lock:
                self._on_their_way += 1
            fields = {"case": row.case, "practitioner": row.practitioner, **ids}
            self._audit.append(event, statement=row.sequence, statement_hash=statement_hash, **fields)
            place = self._audit.place if self._on_their_way == 1 else self._stored

            def follow() -> None:
                also()
                if row.type != HANDED_OVER:
                    self._held.release(row.case)
                if place is not None:
                    self._catalogue.set_meta(_HEAD, place.text)

            try:
                self._catalogue.append(row, statement_hash, previous, follow)
            except BaseException:
                self._tell_lost(row, statement_hash)
                raise
            self._arrived(place)

    def remember(self) -> None:
        """Store where the log stands, where that is not known and no statement is on its way."""
        with self._lock:
            place = self._audit.place
            if not self._on_their_way and place != self._stored:
                self._catalogue.set_meta(_HEAD, place.text)
                self._stored, self._stored_ns = place, self._clock.boottime_ns()

    def keep(self) -> None:
        """For housekeeping, while nothing is filmed: returns at once, and stores at most once in a minute."""
        is_due = self._is_acknowledged.is_set() or self._clock.boottime_ns() - self._stored_ns >= _EVERY_NS
        if is_due and (self._keeping is None or self._keeping.done()):
            self.soon()

    def soon(self) -> None:
        """After something of weight: returns at once, stores in a lane of its own. (Whoever keeps house waits for no disk.)"""
        with suppress(RuntimeError):  # the daemon ends, and `close` stores it
            self._keeping = self._lane.submit(self._keep)

    def close(self) -> None:
        """Store what is to be stored, once the log's last line is written. Raises nothing."""
        self._lane.shutdown(wait=True)
        self._keep()

    def _keep(self) -> None:
        try:
            if self._is_acknowledged.is_set():
                self._catalogue.set_meta(_CUT, "")
                self._is_acknowledged.clear()
            self.remember()
        except VigcamError:
            _log.exception("where the log stands could not be stored")

    def acknowledge(self) -> None:
        """Somebody pressed for it; stored by the next `keep`. Returns at once."""
        self._is_acknowledged.set()

    def _tell_lost(self, row: StatementRow, statement_hash: str) -> None:
        try:
            head = self._head(row.case)
            if head is None or head.last_hash != statement_hash:
                self._audit.append(
                    AuditEvent.STATEMENT_LOST, case=row.case, statement=row.sequence, statement_hash=statement_hash
                )
        except VigcamError:
            _log.exception("a lost statement could not be told")  # no later head is stored in this run: the next start finds it
        else:
            self._arrived(self._stored)

    def _arrived(self, stored: RememberedHead | None) -> None:
        with self._lock:
            self._on_their_way -= 1
            self._stored, self._stored_ns = stored, self._clock.boottime_ns()

    def _head(self, case: str) -> CaseHead | None:
        return self._catalogue.head(CaseCode(case))
