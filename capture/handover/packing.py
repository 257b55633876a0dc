"""Makes the package of one case, for whoever holds the recovery identity. Opens nothing, changes nothing but the log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from capture.audit.log import AuditEvent, AuditLog
from capture.device_key import DeviceKey
from capture.errors import NotFound, NotNow
from capture.handover.holdings import Inventory
from capture.handover.package import Package, sign_package
from capture.ids import BoxId, CaseCode, PractitionerId, RecordingId
from capture.keyring import Keyrings
from capture.model import WallTime


@dataclass(frozen=True, slots=True)
class Packing:
    """Raises the errors of catalogue, vault, log and keyrings besides those named."""

    box_id: BoxId
    device_key: DeviceKey
    inventory: Inventory
    keyrings: Keyrings
    audit: AuditLog
    now: Callable[[], WallTime]

    def pack(self, case: CaseCode, taker: PractitionerId, leave: Collection[RecordingId]) -> tuple[Package, bytes]:
        """The package, and the bytes of its file. `leave` are recordings that shall change hands as they are.

        Raises NotFound if there is no such case, taker or recording; NotNow if the taker has the case already, or while one of
        its films is made or erased.
        """
        holdings = self.inventory.of(case)
        giver = holdings.head.practitioner
        if giver == taker:
            raise NotNow(reasons=("hand_over_to_the_same",))
        unknown = set(leave) - {one.recording_id for one in holdings.films}
        if unknown:
            raise NotFound(min(unknown))
        films = tuple(one for one in holdings.films if one.recording_id not in leave)
        left = (*holdings.left, *sorted(leave))
        recipient, recovery = self.keyrings.public(taker).recipient, self.keyrings.recovery()
        line = self.audit.append(
            AuditEvent.HAND_OVER_BEGUN,
            case=case,
            giver=giver,
            taker=taker,
            statements=len(holdings.rows),
            recordings=len(films),
            left=len(left),
        )
        package = Package(
            box_id=self.box_id,
            device_key=self.device_key.public_hex,
            case=case,
            giver=giver,
            taker=taker,
            recipient=recipient.encode(),
            recovery=recovery.encode(),
            made=self.now(),
            audit_sequence=line.head.sequence,
            audit_head=line.head.hash,
            last_hash=holdings.head.last_hash,
            statements=holdings.statement_headers,
            recordings=films,
            left=left,
            noted=holdings.noted,
        )
        return package, sign_package(package, self.device_key)
