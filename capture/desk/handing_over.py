"""The desk of handing cases over: packing and bringing back in the window, taking over once signed in. Opens nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from capture import ids
from capture.audit.log import AuditEvent, AuditLog
from capture.control import Control
from capture.desk.desk import Handlers
from capture.errors import NotFound, NotNow
from capture.handover.holdings import check_box, check_result
from capture.handover.package import key_fingerprint
from capture.handover.packing import Packing
from capture.handover.result import read_result
from capture.handover.swapping import Swapping
from capture.handover.taking_over import TakingOver
from capture.handover.uploads import Uploads
from capture.keyring import Keyrings
from capture.messages import Done
from capture.messages.handing_over import (
    CaseTakenOver,
    HandOverBegin,
    HandOverBring,
    HandOverBrought,
    HandOverFetch,
    HandOverFinish,
    HandOverPacked,
    HandOverPart,
    HandOverReady,
    HandOversWaiting,
    HandOverWaiting,
    HandOverWrite,
    ListHandOvers,
    TakeOverCase,
)
from capture.recorder.model import Phase
from capture.seal.keys import Recipient
from capture.server import Reply
from capture.session import Sessions
from capture.window import EnrolmentWindow


@dataclass(frozen=True, slots=True)
class HandOverDesk:
    """Answers whoever stands at the box in the window with the set-up code, and afterwards the taker."""

    window: EnrolmentWindow
    sessions: Sessions
    keyrings: Keyrings
    packing: Packing
    taking_over: TakingOver
    swapping: Swapping
    audit: AuditLog
    control: Callable[[], Control]
    uploads: Uploads = field(default_factory=Uploads)

    def handlers(self) -> Handlers:
        return {
            HandOverBegin: self._begin,
            HandOverFetch: self._fetch,
            HandOverBring: self._bring,
            HandOverWrite: self._write,
            HandOverFinish: self._finish,
            ListHandOvers: self._list,
            TakeOverCase: self._take_over,
        }

    def _begin(self, verb: HandOverBegin) -> Reply:
        self.window.open_by(verb.setup_code)
        taker = ids.practitioner_id(verb.taker)
        if not self.keyrings.is_active(taker):
            raise NotFound(taker)
        leave = {ids.recording_id(text) for text in verb.leave}
        package, data = self.packing.pack(ids.case_code(verb.case), taker, leave)
        return Reply(
            HandOverPacked(
                ticket=self.uploads.offer(data),
                size=len(data),
                giver=package.giver,
                taker_fingerprint=Recipient.parse(package.recipient).fingerprint,
                recovery_fingerprint=Recipient.parse(package.recovery).fingerprint,
                key_fingerprint=key_fingerprint(package.device_key),
                statements=len(package.statements),
                recordings=len(package.recordings),
                left=len(package.left),
            )
        )

    def _fetch(self, verb: HandOverFetch) -> Reply:
        self.window.require()
        return Reply(HandOverPart(data=self.uploads.fetch(verb.ticket, verb.offset)))

    def _bring(self, verb: HandOverBring) -> Reply:
        self.window.open_by(verb.setup_code)
        return Reply(HandOverReady(ticket=self.uploads.expect(verb.size, verb.sha256)))

    def _write(self, verb: HandOverWrite) -> Reply:
        self.window.require()
        self.uploads.bring(verb.ticket, verb.offset, verb.data)
        return Reply(Done())

    def _finish(self, verb: HandOverFinish) -> Reply:
        self.window.require()
        result = read_result(self.uploads.take(verb.ticket))
        work = self.taking_over
        check_box(result, work.box_id)
        case, taker = ids.case_code(result.case), ids.practitioner_id(result.taker)
        check_result(result, work.inventory.of(case), work.box_id)
        if taker == result.giver or not self.keyrings.is_active(taker):
            raise NotFound(taker)
        self.audit.append(
            AuditEvent.HAND_OVER_BROUGHT,
            case=case,
            giver=result.giver,
            taker=taker,
            statements=len(result.statements),
            recordings=len(result.recordings),
            left=len(result.left),
        )
        work.shelf.put(result)
        return Reply(
            HandOverBrought(
                case=case,
                giver=result.giver,
                taker=taker,
                statements=len(result.statements),
                recordings=len(result.recordings),
            )
        )

    def _list(self, verb: ListHandOvers) -> Reply:
        session = self.sessions.require(verb.session)
        waiting = self.taking_over.shelf.for_taker(session.practitioner)
        return Reply(
            HandOversWaiting(
                waiting=tuple(
                    HandOverWaiting(case=one.case, giver=one.giver, statements=one.statements, recordings=one.recordings)
                    for one in waiting
                ),
                under_way=len(self.taking_over.new_headers.all()),
            )
        )

    def _take_over(self, verb: TakeOverCase) -> Reply:
        session = self.sessions.require(verb.session)
        if self.control().state.phase is not Phase.IDLE:
            raise NotNow
        result = self.taking_over.take_over(session.unlocked, ids.case_code(verb.case))
        self.swapping.begin()
        return Reply(
            CaseTakenOver(
                case=result.case,
                giver=result.giver,
                statements=len(result.statements),
                recordings=len(result.recordings),
            )
        )
