"""The moment at which a case changes hands: wholly or not at all. Its taker is signed in and has opened all of it before.

Until the one transaction commits, the case is its giver's, untouched; from then on it is its taker's, and what the films' files
still lack the next start makes good. Whatever does not open takes the hand-over back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from capture.audit.log import AuditEvent, AuditLog
from capture.catalogue import Catalogue, StatementRow
from capture.consent import statements
from capture.consent.history import Signers
from capture.consent.statements import CaseHandedOver, SignedStatement, Statement
from capture.device_key import DeviceKey
from capture.errors import BadRequest, NotNow, SealBroken
from capture.handover.holdings import Inventory, check_result
from capture.handover.new_headers import NewHeaders
from capture.handover.opening import OpenedCase, Opening
from capture.handover.result import Result
from capture.handover.shelf import Shelf
from capture.ids import BoxId, CaseCode
from capture.keyring import Keyrings, Unlocked
from capture.log_memory import LogMemory
from capture.model import WallTime
from capture.recordings import Recordings
from device.ports import Clock


@dataclass(frozen=True, slots=True)
class TakingOver:
    """Raises the errors of catalogue, vault, log and keyrings besides those named."""

    box_id: BoxId
    device_key: DeviceKey
    catalogue: Catalogue
    recordings: Recordings
    inventory: Inventory
    shelf: Shelf
    new_headers: NewHeaders
    keyrings: Keyrings
    signers: Signers
    audit: AuditLog
    memory: LogMemory
    clock: Clock
    now: Callable[[], WallTime]

    def take_over(self, taker: Unlocked, case: CaseCode) -> Result:
        """The case is the taker's when this returns, but for films whose files still get their headers.

        Raises NotFound if none waits for them; NotNow while one of its films is made or erased, or where trust changed meanwhile:
        then it waits on. Raises NotNow with
        `hand_over_outdated`, BadRequest, or SealBroken with `hand_over_does_not_open`: then it waits no longer, and nothing else
        has changed.
        """
        result = self.shelf.get(case, taker.practitioner)
        holdings = self.inventory.of(case)
        opening = Opening(taker, self.keyrings.recovery(), self.box_id, self.signers, self.inventory.vault)
        try:
            check_result(result, holdings, self.box_id)
            opened = opening.open(result, holdings)
        except (NotNow, BadRequest, SealBroken) as error:
            why = "+".join(error.reasons) or error.code
            self.audit.append(
                AuditEvent.HAND_OVER_REFUSED, case=case, giver=holdings.head.practitioner, taker=taker.practitioner, why=why[:80]
            )
            self.shelf.drop(case)
            raise
        self._commit(opening, opened, result)
        return result

    def _commit(self, opening: Opening, opened: OpenedCase, result: Result) -> None:
        head, taker = opened.history.head, opening.taker.practitioner
        signed, row = self._statement(opening, opened)
        self._check_trust(opening)
        ids: dict[str, int | str] = {
            "giver": head.practitioner,
            "statements": len(opened.rows),
            "recordings": len(opened.headers),
            "left": len(result.recordings) - len(opened.headers) + len(result.left),
        }

        def change_hands() -> None:
            self.catalogue.hand_over(opened.rows, taker)
            self.recordings.hand_over(head.case, taker)
            for new in opened.headers:
                self.new_headers.add(new)
            self.shelf.drop(head.case)

        self.memory.enter(row, signed.hash, head, event=AuditEvent.HAND_OVER_DONE, ids=ids, also=change_hands)

    def _check_trust(self, opening: Opening) -> None:
        """Opening takes its time, in which the window may retire the taker or set another recovery. Raises NotNow."""
        if self.keyrings.recovery() != opening.recovery or not self.keyrings.is_active(opening.taker.practitioner):
            raise NotNow("trust changed meanwhile")

    def _statement(self, opening: Opening, opened: OpenedCase) -> tuple[SignedStatement, StatementRow]:
        """That it was handed over, said by the box."""
        head, taker = opened.history.head, opening.taker.practitioner
        statement = Statement(
            box_id=self.box_id,
            boot_id=self.clock.boot_id,
            nonce=statements.new_nonce(),
            case=head.case,
            sequence=head.count + 1,
            previous=head.last_hash,
            boottime_ns=self.clock.boottime_ns(),
            wall=self.now(),
            practitioner=taker,
            content=CaseHandedOver(giver=head.practitioner, taker=taker, notes=opened.notes),
        )
        signed = statements.make_by_box(statement, self.device_key)
        row = StatementRow(
            case=statement.case,
            sequence=statement.sequence,
            type=statement.type,
            practitioner=statement.practitioner,
            nonce=statement.nonce,
            sealed=statements.seal(signed, opening.recipients),
        )
        return signed, row
