"""The personal notes inside a statement: found, and given a new header. Reads no words: they are sealed once more in there."""

from __future__ import annotations

import msgspec

from capture.errors import SealBroken
from capture.model import Fact

NOTED = frozenset({"case_opened", "notes_kept", "case_handed_over"})
"""The types of statements that can hold notes; the last of them in a case holds the notes that count."""


class _OfCase(Fact, frozen=True, forbid_unknown_fields=False):
    notes: bytes = b""


class _Content(Fact, frozen=True, forbid_unknown_fields=False):
    """Where each type keeps its notes; all else that a statement says is of no interest here."""

    notes: bytes = b""
    case: _OfCase | None = None


class _Text(Fact, frozen=True, forbid_unknown_fields=False):
    content: _Content


class _Signed(Fact, frozen=True, forbid_unknown_fields=False):
    text: str


_SIGNED = msgspec.json.Decoder(_Signed)
_TEXT = msgspec.json.Decoder(_Text)


def notes_in(unsealed: bytes) -> bytes:
    """The notes of an unsealed statement, an age file; empty where it has none. Its signature is not looked at.

    Raises SealBroken if it is no statement, never chained: a decoder's words may quote what it read.
    """
    try:
        content = _TEXT.decode(_SIGNED.decode(unsealed).text).content
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise SealBroken("the statement with the notes cannot be read") from None
    return content.notes or (content.case.notes if content.case else b"")
