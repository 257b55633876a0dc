"""A case's notes as a text to read: every wording that was kept, oldest first, each with its date. Opens none itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capture.model import WallTime
from webui.exports.instants import CLOCKS, iso
from webui.notes import Notes

_TAKEN_OUT = "The notes were taken out. From here on there were none."
_SHUT = """\
This wording does not open with the key of the practitioner who made this file: it was sealed to the one who had the case before,
or it is damaged. The service can open it with its recovery key. It stands, sealed, in statements.jsonl."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The notes as they were from the statement numbered `sequence` on. Empty where they were taken out, None where they do not
    open here."""

    sequence: int
    stated: WallTime
    practitioner: str
    words: Notes | None


def notes_text(wordings: Sequence[Wording]) -> bytes:
    """`notes.txt`, in UTF-8."""
    count = len(wordings)
    return "\n".join(_part(place, count, one) for place, one in enumerate(wordings, start=1)).encode()


def _part(place: int, count: int, wording: Wording) -> str:
    clock = CLOCKS[wording.stated.confidence]
    return f"""\
===== Wording {place} of {count} =====
Kept {iso(wording.stated.ms)} (that is UTC; {clock}) by {wording.practitioner}, statement {wording.sequence}

{_said(wording.words)}
"""


def _said(words: Notes | None) -> str:
    if words is None:
        return _SHUT
    if words == Notes():
        return _TAKEN_OUT
    return f"The helping question\n\n{words.question}\n\nNotes\n\n{words.remarks}"
