"""All areas of the desk, put together from the daemon's parts. Answers nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from capture.anchor import TimeAnchor
from capture.audit.log import AuditLog
from capture.catalogue import Catalogue
from capture.config import Config
from capture.consent.history import Signers
from capture.consent.records import Records
from capture.control import Control
from capture.desk.admin import AdminDesk
from capture.desk.arming import ArmingDesk
from capture.desk.begun_exports import BegunExports
from capture.desk.cases import CaseDesk
from capture.desk.desk import Desk
from capture.desk.entry import EntryDesk
from capture.desk.erasures import ErasureDesk
from capture.desk.exports import ExportDesk
from capture.desk.handing_over import HandOverDesk
from capture.desk.leaves import Leaves
from capture.desk.people import PeopleDesk
from capture.desk.recordings import RecordingDesk
from capture.desk.statements import StatementDesk
from capture.device_key import DeviceKey
from capture.erasing.asking import Erasures
from capture.filming import Filming
from capture.framing import Framing
from capture.handover.holdings import Inventory
from capture.handover.packing import Packing
from capture.handover.shelf import Shelf
from capture.handover.swapping import Swapping
from capture.handover.taking_over import TakingOver
from capture.keyring import Keyrings
from capture.log_memory import LogMemory
from capture.rate import Rate
from capture.recorder.model import Phase
from capture.recordings import Recordings
from capture.session import Sessions
from capture.sign_in import SignIns
from capture.status import StatusBoard
from capture.trust import Trust
from capture.vault import Vault
from capture.window import EnrolmentWindow
from device.ports import Clock

_OPENINGS = 30
_OPENING_EVERY_S = 2.0
_EXPORTS = 20
_EXPORT_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the areas work with; each takes what it needs."""

    config: Config
    clock: Clock
    anchor: TimeAnchor
    audit: AuditLog
    catalogue: Catalogue
    device_key: DeviceKey
    vault: Vault
    recordings: Recordings
    records: Records
    keyrings: Keyrings
    trust: Trust
    window: EnrolmentWindow
    sessions: Sessions
    sign_ins: SignIns
    erasures: Erasures
    filming: Filming
    framing: Framing
    board: StatusBoard
    signers: Signers
    swapping: Swapping
    memory: LogMemory
    control: Callable[[], Control]


def make_desk(parts: Parts) -> Desk:
    """Fails where a verb has no area, or two."""
    begun = BegunExports(parts.clock)
    leaves = Leaves(
        sessions=parts.sessions,
        records=parts.records,
        keyrings=parts.keyrings,
        filming=parts.filming,
        control=parts.control,
        clock=parts.clock,
        anchor=parts.anchor,
        audit=parts.audit,
    )
    return Desk(
        EntryDesk(
            board=parts.board,
            control=parts.control,
            clock=parts.clock,
            anchor=parts.anchor,
            sessions=parts.sessions,
            sign_ins=parts.sign_ins,
            erasures=parts.erasures,
            keyrings=parts.keyrings,
            leaves=leaves,
            audit=parts.audit,
        ),
        AdminDesk(
            window=parts.window,
            trust=parts.trust,
            keyrings=parts.keyrings,
            catalogue=parts.catalogue,
            anchor=parts.anchor,
            sessions=parts.sessions,
            leaves=leaves,
            control=parts.control,
            audit=parts.audit,
        ),
        CaseDesk(
            sessions=parts.sessions,
            records=parts.records,
            recordings=parts.recordings,
            keyrings=parts.keyrings,
            audit=parts.audit,
            kept=parts.config.retention.kept,
            now=parts.anchor.now,
            note_rate=Rate(parts.clock, _OPENINGS, _OPENING_EVERY_S),
        ),
        PeopleDesk(sessions=parts.sessions, records=parts.records, keyrings=parts.keyrings, leaves=leaves),
        ArmingDesk(
            config=parts.config,
            sessions=parts.sessions,
            records=parts.records,
            keyrings=parts.keyrings,
            filming=parts.filming,
            leaves=leaves,
            control=parts.control,
            audit=parts.audit,
        ),
        RecordingDesk(
            sessions=parts.sessions,
            recordings=parts.recordings,
            vault=parts.vault,
            device_key=parts.device_key,
            framing=parts.framing,
            audit=parts.audit,
            records=parts.records,
            keyrings=parts.keyrings,
            anchor=parts.anchor,
            opening_rate=Rate(parts.clock, _OPENINGS, _OPENING_EVERY_S),
            transfer_rate=Rate(parts.clock, _OPENINGS, _OPENING_EVERY_S),
            is_framing=lambda: parts.control().state.phase is Phase.FRAMING,
            is_changing_hands=parts.swapping.new_headers.has,
        ),
        _hand_over_desk(parts),
        ErasureDesk(
            sessions=parts.sessions,
            erasures=parts.erasures,
            book=parts.erasures.book,
            kept=parts.config.retention.kept,
            anchor=parts.anchor,
            window=parts.window,
            audit=parts.audit,
        ),
        ExportDesk(
            box_id=parts.config.box_id,
            sessions=parts.sessions,
            records=parts.records,
            recordings=parts.recordings,
            catalogue=parts.catalogue,
            vault=parts.vault,
            device_key=parts.device_key,
            audit=parts.audit,
            kept=parts.config.retention.kept,
            export_rate=Rate(parts.clock, _EXPORTS, _EXPORT_EVERY_S),
            begun=begun,
            now=parts.anchor.now,
        ),
        StatementDesk(
            box_id=parts.config.box_id,
            sessions=parts.sessions,
            records=parts.records,
            device_key=parts.device_key,
            signers=parts.signers,
            audit=parts.audit,
            begun=begun,
        ),
    )


def _hand_over_desk(parts: Parts) -> HandOverDesk:
    new_headers = parts.swapping.new_headers
    inventory = Inventory(parts.catalogue, parts.recordings, parts.vault, new_headers.has)
    return HandOverDesk(
        window=parts.window,
        sessions=parts.sessions,
        keyrings=parts.keyrings,
        packing=Packing(parts.config.box_id, parts.device_key, inventory, parts.keyrings, parts.audit, parts.anchor.now),
        taking_over=TakingOver(
            box_id=parts.config.box_id,
            device_key=parts.device_key,
            catalogue=parts.catalogue,
            recordings=parts.recordings,
            inventory=inventory,
            shelf=Shelf(parts.catalogue),
            new_headers=new_headers,
            keyrings=parts.keyrings,
            signers=parts.signers,
            audit=parts.audit,
            memory=parts.memory,
            clock=parts.clock,
            now=parts.anchor.now,
        ),
        swapping=parts.swapping,
        audit=parts.audit,
        control=parts.control,
    )
