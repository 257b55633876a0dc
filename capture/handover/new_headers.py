"""New headers of films on their way into the files: written down first, so that a power cut at any byte is made good.

The catalogue holds each new header from the moment at which the case changes hands until file, manifest and log have it: a film
that was cut in between is opened by nobody meanwhile, and lost to nobody. Makes no header and holds no key.
"""

from __future__ import annotations

from dataclasses import dataclass

from capture.catalogue import Catalogue
from capture.ids import RecordingId


@dataclass(frozen=True, slots=True)
class NewHeader:
    """What shall stand at the beginning of a recording's file, in place of what has `old_hash`, and whom it is for, by their
    fingerprints."""

    recording_id: RecordingId
    header: bytes
    old_hash: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewHeaders:
    """Those that are not in their files yet. Thread-safe as the catalogue is, and with its errors."""

    catalogue: Catalogue

    def add(self, new: NewHeader) -> None:
        """To be called inside the transaction by which the case changes hands."""
        self.catalogue.change(
            "INSERT INTO new_header (recording_id, header, old_hash, recipients) VALUES (?, ?, ?, ?)",
            new.recording_id,
            new.header,
            new.old_hash,
            " ".join(new.recipients),
        )

    def all(self) -> tuple[NewHeader, ...]:
        rows = self.catalogue.rows("SELECT recording_id, header, old_hash, recipients FROM new_header ORDER BY recording_id")
        return tuple(NewHeader(RecordingId(row[0]), row[1], row[2], tuple(row[3].split())) for row in rows)

    def has(self, recording_id: RecordingId) -> bool:
        """Whether this recording's file is still to get its new header: nobody may open or erase it now."""
        return self.catalogue.row("SELECT 1 FROM new_header WHERE recording_id = ?", recording_id) is not None

    def done(self, recording_id: RecordingId) -> None:
        self.catalogue.change("DELETE FROM new_header WHERE recording_id = ?", recording_id)
