"""Cases of which a statement was lost: held until a practitioner has said something further in them. Decides nothing itself.

What was lost may have been a withdrawal: so the gate says no to everything in such a case. Which statement it was, the log tells.
"""

from __future__ import annotations

from collections.abc import Iterable

from capture.catalogue import Catalogue
from capture.ids import CaseCode

_KEY = "cases.held"


class HeldCases:
    """The held cases of one catalogue; thread-safe as the catalogue is, and with its errors."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def all(self) -> frozenset[CaseCode]:
        return frozenset(CaseCode(text) for text in (self._catalogue.meta(_KEY) or "").split())

    def hold(self, cases: Iterable[CaseCode]) -> None:
        """To be called inside a transaction, or by the only one who writes."""
        self._keep(self.all() | frozenset(cases))

    def release(self, case: CaseCode) -> None:
        """Inside the transaction that adds the further statement."""
        self._keep(self.all() - {case})

    def _keep(self, cases: frozenset[CaseCode]) -> None:
        if cases != self.all():
            self._catalogue.set_meta(_KEY, " ".join(sorted(cases)))
