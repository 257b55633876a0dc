"""Verified cases kept in RAM while their practitioner is signed in, so that a long one is not unsealed at every look.

Nothing is believed because it was kept: a kept history counts only while nobody but this process has changed the catalogue, and
while its head there is the one that it was read with. `forget` wipes all of it, at sign-out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from capture.catalogue import Catalogue
from capture.consent import retention
from capture.consent.history import CaseReader, History, Opener, Signers, read_opening
from capture.errors import CatalogueBroken, NotFound, SignInNeeded
from capture.held_cases import HeldCases
from capture.ids import BoxId, CaseCode
from capture.keyring import Unlocked
from capture.model import WallTime

_STATEMENTS = 10_000
"""So many are kept in all, some 2 KB each; the case that was looked at longest ago goes first, the last one never."""


@dataclass(slots=True)
class _Kept:
    """A case as far as it was read, and the count of others' changes to the catalogue before that."""

    reader: CaseReader
    others: int
    history: History | None = None

    @property
    def count(self) -> int:
        return self.history.head.count if self.history else 0


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
        self._openings: dict[CaseCode, tuple[int, WallTime]] = {}

    def read(self, unlocked: Unlocked, code: CaseCode) -> History:
        """Raises NotFound if there is none, or it is another practitioner's; CatalogueBroken; SignInNeeded once wiped."""
        with self._lock:
            self._let_in(unlocked)
            others = self._catalogue.changes_by_others()
            kept = self._kept.pop(code, None)
            if kept is None or kept.others != others:
                kept = _Kept(CaseReader(code, self._box_id), others)
            history = kept.history = self._read_on(kept, unlocked, code)
            self._kept[code] = kept  # only what was read to its end stays
            self._make_room()
            return history

    def opened(self, unlocked: Unlocked, code: CaseCode) -> WallTime | None:
        """When its first statement says that it was opened, for a list; None if there is none. Raises CatalogueBroken,
        SignInNeeded."""
        with self._lock:
            self._let_in(unlocked)
            others = self._catalogue.changes_by_others()
            kept = self._openings.get(code)
            if kept is None or kept[0] != others:
                row = self._catalogue.first_statement(code)
                if row is None:
                    return None
                case = read_opening(row, self._box_id, Opener(unlocked, self._signers))
                kept = self._openings[code] = (others, case.opened)
            return kept[1]

    def forget(self) -> None:
        """Whoever read is signed out: nothing of it stays here."""
        with self._lock:
            self._forget()

    def _let_in(self, unlocked: Unlocked) -> None:
        if unlocked.is_wiped:
            self._forget()
            raise SignInNeeded
        if unlocked is not self._reader:
            self._forget()
            self._reader = unlocked

    def _forget(self) -> None:
        self._kept.clear()
        self._openings.clear()
        self._reader = None

    def _read_on(self, kept: _Kept, unlocked: Unlocked, code: CaseCode) -> History:
        """What was read before, and what was added since."""
        with self._catalogue.transaction():  # the head and the statements of one moment
            head = self._catalogue.head(code)
            rows = self._catalogue.statements(code, after=kept.count)
            is_held = code in self._held.all()
        if head is None and rows:
            raise CatalogueBroken(f"{code}: statements without a head")
        if head is None or head.practitioner != unlocked.practitioner:
            raise NotFound(code)
        history = kept.history
        if history is None or rows or history.head != head:
            kept.reader.read(rows, Opener(unlocked, self._signers))
            history = kept.reader.history(head)
        if head.erase_due_ms != retention.erase_due_ms(history.record.case):
            raise CatalogueBroken(f"{code}: the date for erasing is not the one that was signed")
        if history.record.is_held != is_held:
            history = replace(history, record=replace(history.record, is_held=is_held).settled())
        return history

    def _make_room(self) -> None:
        while len(self._kept) > 1 and sum(kept.count for kept in self._kept.values()) > _STATEMENTS:
            self._kept.popitem(last=False)
