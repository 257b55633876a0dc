"""Verified cases kept in RAM while their practitioner is signed in, so that a long one is not unsealed at every look.

Nothing is believed because it was kept: a kept history counts only while the catalogue has not changed at all, and an opened
statement only for the very bytes it was opened from. `forget` wipes all of it, at sign-out.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from capture.catalogue import Catalogue, Changes, StatementRow
from capture.consent import retention
from capture.consent.history import History, Open, Signers, opener, read_history
from capture.consent.statements import SignedStatement, Statement
from capture.errors import CatalogueBroken, NotFound
from capture.held_cases import HeldCases
from capture.ids import BoxId, CaseCode
from capture.keyring import Unlocked

_CASES = 32
"""So many are kept; the one that was looked at longest ago goes first."""

_Opened = dict[bytes, tuple[SignedStatement, Statement]]


@dataclass(slots=True)
class _Kept:
    history: History
    changes: Changes
    opened: _Opened


class Histories:
    """The cases of one catalogue as their statements verify. Thread-safe; blocks for the disk."""

    def __init__(self, catalogue: Catalogue, box_id: BoxId, signers: Signers) -> None:
        self._catalogue = catalogue
        self._box_id = box_id
        self._signers = signers
        self._held = HeldCases(catalogue)
        self._lock = threading.Lock()
        self._reader: Unlocked | None = None
        self._kept: OrderedDict[CaseCode, _Kept] = OrderedDict()

    def read(self, unlocked: Unlocked, code: CaseCode) -> History:
        """Raises NotFound if there is none, or it is another practitioner's; CatalogueBroken; SignInNeeded once wiped."""
        with self._lock:
            open_row = opener(unlocked, self._signers)
            if unlocked is not self._reader or unlocked.is_wiped:
                self._kept.clear()
                self._reader = unlocked
            kept = self._kept.get(code)
            changes = self._catalogue.changes()
            if kept is None or kept.changes != changes:
                kept = self._read(unlocked, code, changes, kept.opened if kept else {}, open_row)
                self._kept[code] = kept
            self._kept.move_to_end(code)
            while len(self._kept) > _CASES:
                self._kept.popitem(last=False)
            return kept.history

    def forget(self) -> None:
        """Whoever read is signed out: nothing of it stays here."""
        with self._lock:
            self._kept.clear()
            self._reader = None

    def _read(self, unlocked: Unlocked, code: CaseCode, changes: Changes, opened: _Opened, open_row: Open) -> _Kept:
        with self._catalogue.transaction():  # the head and the statements of one moment
            head = self._catalogue.head(code)
            rows = self._catalogue.statements(code)
            is_held = code in self._held.all()
        if head is None and rows:
            raise CatalogueBroken(f"{code}: statements without a head")
        if head is None or head.practitioner != unlocked.practitioner:
            raise NotFound(code)
        now: _Opened = {}

        def open_once(row: StatementRow) -> tuple[SignedStatement, Statement]:
            digest = hashlib.sha256(row.sealed).digest()
            found = now[digest] = opened.get(digest) or open_row(row)
            return found

        history = read_history(rows, head, self._box_id, open_once)
        if head.erase_due_ms != retention.erase_due_ms(history.record.case):
            raise CatalogueBroken(f"{code}: the date for erasing is not the one that was signed")
        return _Kept(replace(history, record=replace(history.record, is_held=is_held)), changes, now)
