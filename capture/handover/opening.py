"""Opens all of a case for its taker by the headers that were brought, and makes those that the box will keep. Changes nothing.

Nothing is believed: every statement is verified from the first to the last, every film's key is tried on the film, and the new
headers are the box's own, for taker and recovery.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from capture.catalogue import StatementRow
from capture.consent import statements
from capture.consent.history import History, Opener, Signers, read_history
from capture.errors import CatalogueBroken, NotARecipient, SealBroken, Truncated
from capture.handover.holdings import Holdings
from capture.handover.new_headers import NewHeader
from capture.handover.package import hash_of
from capture.handover.proof import Proof, try_key
from capture.handover.result import CarriedRecording, Result
from capture.ids import BoxId
from capture.keyring import Unlocked
from capture.seal.header import parse_header
from capture.seal.keys import Recipient
from capture.seal.rewrap import rewrap_header
from capture.seal.small import unseal_bytes
from capture.seal.stream import make_header, open_header
from capture.vault import Vault

DOES_NOT_OPEN = "hand_over_does_not_open"


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case as the taker opened it. `rows` are its statements sealed anew, `headers` those for its films, `notes` the personal
    notes under their new header."""

    history: History
    rows: tuple[StatementRow, ...]
    headers: tuple[NewHeader, ...]
    notes: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """`taker` is signed in. Raises SealBroken with `hand_over_does_not_open`, naming what it is, and the errors of the vault."""

    taker: Unlocked
    recovery: Recipient
    box_id: BoxId
    signers: Signers
    vault: Vault

    def open(self, result: Result, holdings: Holdings) -> OpenedCase:
        """All or nothing. `result` fits `holdings`."""
        rows = [_behind(row, one.header) for row, one in zip(holdings.rows, result.statements, strict=True)]
        try:
            history = read_history(rows, holdings.head, self.box_id, Opener(self.taker, self.signers))
        except CatalogueBroken as error:
            raise SealBroken(error.detail, reasons=(DOES_NOT_OPEN,)) from error
        return OpenedCase(
            history,
            tuple(self._sealed_anew(holdings.rows, history)),
            tuple(new for one in result.recordings if (new := self._film(one)) is not None),
            self._notes(result.notes, history.record.case.notes),
        )

    @property
    def recipients(self) -> tuple[Recipient, Recipient]:
        """To whom everything is sealed from now on."""
        return (self.taker.public.recipient, self.recovery)

    def _sealed_anew(self, rows: Sequence[StatementRow], history: History) -> list[StatementRow]:
        anew = (statements.seal(signed, self.recipients) for signed in history.signed)
        return [replace(row, sealed=sealed) for row, sealed in zip(rows, anew, strict=True)]

    def _film(self, carried: CarriedRecording) -> NewHeader | None:
        """None for one into which nothing whole was filmed: there is nothing to try a key on, and nothing to open."""
        opened = self.vault.open(carried.recording_id)
        try:
            old = self.vault.header(opened.fd)
            file_key = _key_in(carried.header, self.taker, carried.recording_id)
            match try_key(opened.fd, file_key, len(old)):
                case Proof.NOTHING_THERE if not opened.is_sealed:
                    return None
                case Proof.NOTHING_THERE | Proof.OPENS_NOTHING:
                    raise SealBroken(carried.recording_id, reasons=(DOES_NOT_OPEN,))
                case Proof.OPENS:
                    header = make_header(file_key, self.recipients)
        finally:
            os.close(opened.fd)
        if hash_of(old) != carried.old_hash or len(header) != len(old):
            raise SealBroken(carried.recording_id, reasons=(DOES_NOT_OPEN,))
        return NewHeader(carried.recording_id, header, carried.old_hash, tuple(one.fingerprint for one in self.recipients))

    def _notes(self, header: bytes, notes: bytes) -> bytes:
        if not notes:
            return b""
        try:
            carried = header + notes[parse_header(notes).length :]
            unseal_bytes(carried, self.taker.identity)
            made = rewrap_header(carried, [self.taker.identity], self.recipients)
        except (NotARecipient, SealBroken, Truncated) as error:
            raise SealBroken("the notes", reasons=(DOES_NOT_OPEN,)) from error
        return made + carried[len(header) :]


def _behind(row: StatementRow, header: bytes) -> StatementRow:
    """The same statement with another header in front."""
    return replace(row, sealed=header + row.sealed[parse_header(row.sealed).length :])


def _key_in(header: bytes, taker: Unlocked, name: str) -> bytes:
    try:
        return open_header(header, taker.identity)[0]
    except (NotARecipient, SealBroken, Truncated) as error:
        raise SealBroken(name, reasons=(DOES_NOT_OPEN,)) from error
