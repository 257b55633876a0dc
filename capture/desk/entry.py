"""The desk's way in: state, stopping, signing in and out, the clock, shutting down. Shows nothing of any case."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from capture.anchor import ClockStep, TimeAnchor
from capture.audit.log import AuditEvent, AuditLog
from capture.control import Control
from capture.desk.desk import Handlers
from capture.desk.leaves import Leaves
from capture.erasing.asking import Erasures
from capture.errors import ClockUnlikely, VigcamError
from capture.keyring import Keyrings
from capture.messages import (
    CancelAsk,
    Done,
    GetStatus,
    KeepAlive,
    OfferClock,
    ShutDown,
    SignedIn,
    SignInBegin,
    SignInPoll,
    SignInTakeBack,
    SignInWaiting,
    SignOut,
    Stop,
)
from capture.model import StopReason
from capture.recorder.model import EndAsked, EndKind, StopAsked
from capture.server import Reply
from capture.session import Session, Sessions
from capture.sign_in import SignIns, Waiting
from capture.status import StatusBoard
from device.ports import Clock


@dataclass(frozen=True, slots=True)
class EntryDesk:
    """Answers whoever stands at the door, signed in or not."""

    board: StatusBoard
    control: Callable[[], Control]
    clock: Clock
    anchor: TimeAnchor
    sessions: Sessions
    sign_ins: SignIns
    erasures: Erasures
    keyrings: Keyrings
    leaves: Leaves
    audit: AuditLog

    def handlers(self) -> Handlers:
        return {
            GetStatus: lambda _: Reply(self.board.read()),
            Stop: self._stop,
            SignInBegin: self._sign_in,
            SignInPoll: self._poll,
            SignInTakeBack: self._take_back,
            SignOut: self._sign_out,
            KeepAlive: self._keep_alive,
            OfferClock: self._offer_clock,
            CancelAsk: self._cancel,
            ShutDown: self._shut_down,
        }

    def _stop(self, _: Stop) -> Reply:
        self.control().post_and_wait(StopAsked(self.clock.boottime_ns(), StopReason.PAGE))
        return Reply(Done())

    def _sign_in(self, verb: SignInBegin) -> Reply:
        return Reply(_waiting(self.sign_ins.begin(verb.username, verb.passphrase)))

    def _poll(self, verb: SignInPoll) -> Reply:
        result = self.sign_ins.poll(verb.ask_id)
        match result:
            case Waiting():
                return Reply(_waiting(result))
            case Session():
                recipients = (result.unlocked.public.recipient, self.keyrings.recovery())
                return Reply(
                    SignedIn(
                        session=result.token,
                        practitioner=result.practitioner,
                        recipients=tuple(recipient.encode() for recipient in recipients),
                        clock_confidence=self.anchor.now().confidence,
                    )
                )

    def _take_back(self, verb: SignInTakeBack) -> Reply:
        self.sign_ins.take_back(verb.ask_id)
        return Reply(Done())

    def _sign_out(self, verb: SignOut) -> Reply:
        self.sessions.sign_out(verb.session)
        return Reply(Done())

    def _keep_alive(self, verb: KeepAlive) -> Reply:
        self.sessions.require(verb.session)
        return Reply(Done())

    def _offer_clock(self, verb: OfferClock) -> Reply:
        session = self.sessions.require(verb.session)
        try:
            self.anchor.offer(verb.wall_ms, verb.is_confirmed, lambda step: self._tell_clock(session, verb, step))
        except ClockUnlikely:
            self.audit.append(AuditEvent.CLOCK_REFUSED, offered_ms=verb.wall_ms, practitioner=session.practitioner)
            raise
        return Reply(Done())

    def _tell_clock(self, session: Session, verb: OfferClock, step: ClockStep) -> None:
        """What this raises takes the clock back: no correction goes unrecorded."""
        # By another clock a consent may have run out, or not yet have begun: the sensor does not wait for the log to know.
        with suppress(VigcamError):  # whatever it was, the leave is over, and says nothing against the clock
            self.leaves.look_again(session)
        self.audit.append(
            AuditEvent.CLOCK_SET,
            practitioner=session.practitioner,
            before_ms=step.before.ms,
            after_ms=step.after.ms,
            confirmed="yes" if verb.is_confirmed else "no",
        )

    def _cancel(self, verb: CancelAsk) -> Reply:
        self.sessions.require(verb.session)
        self.sign_ins.take_back(verb.ask_id)
        self.erasures.take_back(verb.ask_id)
        return Reply(Done())

    def _shut_down(self, verb: ShutDown) -> Reply:
        self.sessions.require(verb.session)
        self.control().post(EndAsked(self.clock.boottime_ns(), EndKind.POWER_OFF))
        return Reply(Done())


def _waiting(waiting: Waiting) -> SignInWaiting:
    return SignInWaiting(ask_id=waiting.ask_id, stage=waiting.stage, left_s=waiting.left_s)
