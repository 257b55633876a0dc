"""The enrolment window as the desk sees it: open by a hand at power-on, and then by the set-up code. Changes no trust itself.

The button held through power-on opens it for a quarter of an hour; within that time each act asks for the code anew. Neither is
enough alone: who has only the page lacks the button, who has only the box lacks the code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from capture import words
from capture.attempts import Attempts
from capture.audit.log import AuditEvent, AuditLog
from capture.control import Control
from capture.errors import EnrolmentClosed, SetupCodeWrong
from capture.recorder.model import WindowClosed
from device.ports import Clock

LONGEST_DELAY_S = 300.0
"""After wrong codes: a third of the window, so that whoever has the card gets in whatever others tried before. Three guesses at
most for each power-on with the button held are nothing against a code of 98 bits."""


@dataclass(frozen=True, slots=True)
class EnrolmentWindow:
    """`verifier` is what the box keeps of its set-up code; `attempts` counts the wrong ones, over restarts too."""

    verifier: str = field(repr=False)
    attempts: Attempts
    audit: AuditLog
    control: Callable[[], Control]
    clock: Clock

    def require(self) -> None:
        """For what follows an act that brought the code already. Raises EnrolmentClosed."""
        if self.control().state.enrolment_end_ns <= self.clock.boottime_ns():
            raise EnrolmentClosed

    def open_by(self, setup_code: str) -> None:
        """Return only in the window and for the right code. Raises EnrolmentClosed (then no code was tried), TooManyAttempts,
        SetupCodeWrong, which the log knows of."""
        self.require()
        self.attempts.begin()
        if not words.is_setup_code(setup_code, self.verifier):
            self.audit.append(AuditEvent.SETUP_CODE_REFUSED)
            raise SetupCodeWrong
        self.attempts.succeeded()

    def close(self) -> None:
        """Before its time; when it returns nothing of the window is possible any more."""
        self.control().post_and_wait(WindowClosed(self.clock.boottime_ns()))
