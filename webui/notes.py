"""A practitioner's notes on a case: sealed here before they leave this process, opened here in RAM alone. Never stored here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from capture.errors import SealBroken
from capture.messages import NotesFound
from capture.seal.keys import Recipient
from capture.seal.small import seal_bytes, unseal_with_file_key


class Notes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The helping question that family and practitioner agreed on, and the practitioner's own remarks."""

    question: str = ""
    remarks: str = ""

    def __repr__(self) -> str:
        return "Notes(…)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return []


_NOTES = msgspec.json.Decoder(Notes)


def seal_notes(notes: Notes, recipients: Sequence[str]) -> bytes:
    """An age file for those recipients (practitioner and recovery, as given at sign-in); empty for empty notes."""
    if notes == Notes():
        return b""
    return seal_bytes(msgspec.json.encode(notes), [Recipient.parse(text) for text in recipients])


def open_notes(found: NotesFound) -> Notes:
    """Raises SealBroken, Truncated where what the box holds is not what was sealed; never says what it read."""
    if not found.notes:
        return Notes()
    try:
        return _NOTES.decode(unseal_with_file_key(found.notes, found.file_key, found.payload_offset))
    except (msgspec.DecodeError, UnicodeError):
        raise SealBroken from None
