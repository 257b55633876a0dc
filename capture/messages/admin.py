"""Messages of the enrolment window: what changes trust, and needs the set-up code besides the button. Needs nobody signed in.

Each verb brings the code itself: the page keeps nothing between two of them.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, SetupCode, Verb, WallMs
from capture.model import Fact, WallTime


class Enrol(Verb, frozen=True, kw_only=True):
    """Make a practitioner. Answer: Enrolled."""

    setup_code: SetupCode


class Enrolled(Answer, frozen=True, kw_only=True):
    """Shown once, to be written down: nobody can show it again."""

    username: str
    passphrase: str
    recipient: str


class ListPractitioners(Verb, frozen=True, kw_only=True):
    """Who was ever enrolled, from the one following `after`. Answer: PractitionerList."""

    setup_code: SetupCode
    after: Annotated[str, msgspec.Meta(max_length=40)] = ""


class PractitionerSummary(Fact, frozen=True, kw_only=True):
    """`cases` are those that are theirs now."""

    practitioner: str
    is_active: bool
    cases: int


class PractitionerList(Answer, frozen=True, kw_only=True):
    practitioners: tuple[PractitionerSummary, ...]
    is_last: bool


class ListEveryCase(Verb, frozen=True, kw_only=True):
    """All cases of the box, whosever they are, from the one following `after`. Answer: EveryCase."""

    setup_code: SetupCode
    after: Annotated[str, msgspec.Meta(max_length=40)] = ""


class CaseOnBox(Fact, frozen=True, kw_only=True):
    """Of the day only what the catalogue has as an index: the case itself is not opened. `due_ms` is None while the work goes on,
    `days_left` also where the box does not know today's date; `not_taken_over` is how many of the `films` are the only copy."""

    case: str
    practitioner: str
    due_ms: int | None
    days_left: int | None
    films: int
    not_taken_over: int


class EveryCase(Answer, frozen=True, kw_only=True):
    cases: tuple[CaseOnBox, ...]
    is_last: bool


class RetirePractitioner(Verb, frozen=True, kw_only=True):
    """They never sign in again; what they signed and filmed stays, and can be handed over. Answer: Done."""

    setup_code: SetupCode
    practitioner: Code


class ResetPractitioner(Verb, frozen=True, kw_only=True):
    """For lost words: somebody new takes the place of `practitioner`, who is retired. Answer: Enrolled."""

    setup_code: SetupCode
    practitioner: Code


class SetRecoveryBegin(Verb, frozen=True, kw_only=True):
    """Another recovery recipient, in age's spelling, is to prove that somebody holds its identity. Answer: RecoveryChallenge."""

    setup_code: SetupCode
    recipient: Annotated[str, msgspec.Meta(min_length=10, max_length=200)]


class RecoveryChallenge(Answer, frozen=True, kw_only=True):
    """`challenge` is an age file, sealed to that recipient alone; what it says is to be typed."""

    challenge: bytes
    fingerprint: str


class SetRecoveryFinish(Verb, frozen=True, kw_only=True):
    """What the challenge said. A wrong answer ends the challenge. Answer: RecoveryChanged."""

    setup_code: SetupCode
    answer: Annotated[str, msgspec.Meta(max_length=100)]


class RecoveryChanged(Answer, frozen=True, kw_only=True):
    """Fingerprints: what is sealed from now on, and what was sealed until now."""

    fingerprint: str
    before: str


class RepairClock(Verb, frozen=True, kw_only=True):
    """It is `wall_ms` now, whatever the box believed. Never while armed or filming. Answer: ClockRepaired."""

    setup_code: SetupCode
    wall_ms: WallMs


class ClockRepaired(Answer, frozen=True, kw_only=True):
    before: WallTime
    after: WallTime


class CloseEnrolment(Verb, frozen=True, kw_only=True):
    """The window ends before its time. Answer: Done."""

    setup_code: SetupCode


ADMIN_VERBS: tuple[type[Verb], ...] = (
    Enrol,
    ListPractitioners,
    ListEveryCase,
    RetirePractitioner,
    ResetPractitioner,
    SetRecoveryBegin,
    SetRecoveryFinish,
    RepairClock,
    CloseEnrolment,
)
"""All that changes trust, but for handing a case over."""


AnyAdminVerb = (
    Enrol
    | ListPractitioners
    | ListEveryCase
    | RetirePractitioner
    | ResetPractitioner
    | SetRecoveryBegin
    | SetRecoveryFinish
    | RepairClock
    | CloseEnrolment
)

AnyAdminAnswer = Enrolled | PractitionerList | EveryCase | RecoveryChallenge | RecoveryChanged | ClockRepaired
