"""Messages of handing a case over. In the enrolment window, with the set-up code: fetching the package, bringing the result.
Afterwards, signed in: what waits for this practitioner, and taking it over.

A ticket stands for the set-up code, for one file, and only while the window lasts.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, Hash, Session, SetupCode, Verb
from capture.model import Fact

Ticket = Annotated[str, msgspec.Meta(min_length=20, max_length=60)]
FileBytes = Annotated[int, msgspec.Meta(ge=1, le=16 << 20)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=16 << 20)]
Part = Annotated[bytes, msgspec.Meta(max_length=48 << 10)]


class HandOverBegin(Verb, frozen=True, kw_only=True):
    """Pack a case for whoever holds the recovery identity. Changes nothing. Answer: HandOverPacked.

    `leave` names recordings that shall change hands as they are, because recovery does not open them."""

    setup_code: SetupCode
    case: Code
    taker: Code
    leave: Annotated[tuple[Code, ...], msgspec.Meta(max_length=50)] = ()


class HandOverPacked(Answer, frozen=True, kw_only=True):
    """The package is `size` bytes long. The fingerprints are for people to compare at the workstation.

    `left` counts recordings that stay as they are: nobody can open them by their headers."""

    ticket: str
    size: int
    giver: str
    taker_fingerprint: str
    recovery_fingerprint: str
    key_fingerprint: str
    statements: int
    recordings: int
    left: int


class HandOverFetch(Verb, frozen=True, kw_only=True):
    """A part of the package, from `offset` on. Answer: HandOverPart."""

    ticket: Ticket
    offset: Offset


class HandOverPart(Answer, frozen=True, kw_only=True):
    """Empty at the package's end."""

    data: bytes


class HandOverBring(Verb, frozen=True, kw_only=True):
    """A result of so many bytes is about to be brought. Answer: HandOverReady."""

    setup_code: SetupCode
    size: FileBytes
    sha256: Hash


class HandOverReady(Answer, frozen=True, kw_only=True):
    ticket: str


class HandOverWrite(Verb, frozen=True, kw_only=True):
    """The next part of the result; one whose answer was lost may be sent again. Answer: Done."""

    ticket: Ticket
    offset: Offset
    data: Part


class HandOverFinish(Verb, frozen=True, kw_only=True):
    """All was brought: look at it, and let it wait for its taker. The case stays its giver's. Answer: HandOverBrought."""

    ticket: Ticket


class HandOverBrought(Answer, frozen=True, kw_only=True):
    case: str
    giver: str
    taker: str
    statements: int
    recordings: int


class ListHandOvers(Verb, frozen=True, kw_only=True):
    """What waits for me. Answer: HandOversWaiting."""

    session: Session


class HandOverWaiting(Fact, frozen=True, kw_only=True):
    case: str
    giver: str
    statements: int
    recordings: int


class HandOversWaiting(Answer, frozen=True, kw_only=True):
    """`under_way` counts films taken over whose files still get their new headers: they open when that is done."""

    waiting: tuple[HandOverWaiting, ...]
    under_way: int


class TakeOverCase(Verb, frozen=True, kw_only=True):
    """Open all of it, and if all of it opens, take the case. Answer: CaseTakenOver."""

    session: Session
    case: Code


class CaseTakenOver(Answer, frozen=True, kw_only=True):
    case: str
    giver: str
    statements: int
    recordings: int


AnyHandOverVerb = HandOverBegin | HandOverFetch | HandOverBring | HandOverWrite | HandOverFinish | ListHandOvers | TakeOverCase
AnyHandOverAnswer = HandOverPacked | HandOverPart | HandOverReady | HandOverBrought | HandOversWaiting | CaseTakenOver
