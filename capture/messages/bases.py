"""What every message of the socket is made of: the two bases, bounded kinds of values, and the two answers of all areas.

`session` is what the daemon gave at sign-in; only the verbs that have one need somebody signed in.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.model import Fact

Code = Annotated[str, msgspec.Meta(min_length=3, max_length=40)]
Session = Annotated[str, msgspec.Meta(min_length=20, max_length=60)]
SetupCode = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Passphrase = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
ShortLabel = Annotated[str, msgspec.Meta(max_length=40)]
ShortText = Annotated[str, msgspec.Meta(max_length=200)]
SealedNote = Annotated[bytes, msgspec.Meta(max_length=16_384)]
Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
WallMs = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000)]


class Verb(Fact, frozen=True, kw_only=True, tag_field="verb", tag=str):
    """Base of all requests."""


class Answer(Fact, frozen=True, kw_only=True, tag_field="answer", tag=str):
    """Base of all answers."""


class Done(Answer, frozen=True, kw_only=True):
    """It happened; where it matters it is on disk and in the log."""


class Refused(Answer, frozen=True, kw_only=True):
    """An error of `capture.errors`, by code."""

    code: str
    detail: str = ""
    reasons: tuple[str, ...] = ()
    retry_after_s: float | None = None
