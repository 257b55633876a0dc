"""The work of who holds the recovery identity, at a workstation: a package in, a result out. Opens no recording, asks no box."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from capture.errors import NotARecipient, SealBroken, Truncated
from capture.handover.notes import notes_in
from capture.handover.package import Package, hash_of, read_package
from capture.handover.result import CarriedRecording, CarriedStatement, Result
from capture.seal.keys import AnyIdentity, Recipient
from capture.seal.rewrap import rewrap_header
from capture.seal.small import unseal_bytes


@dataclass(frozen=True, slots=True)
class _Passing:
    """Passes headers on, from whoever holds one of `identities` to the taker."""

    identities: Sequence[AnyIdentity]
    taker: Recipient

    def on(self, header: bytes, name: str) -> bytes:
        """Raises NotARecipient, SealBroken or Truncated, naming what it was that does not open."""
        try:
            return rewrap_header(header, self.identities, [self.taker])
        except (NotARecipient, SealBroken, Truncated) as error:
            raise type(error)(f"{name} does not open by this identity") from error


def rewrap_package(data: bytes, identities: Sequence[AnyIdentity]) -> Result:
    """All or nothing: each header of the package, wrapped anew to the taker alone.

    Raises BadRequest and AuditBroken as `read_package`, NotARecipient, SealBroken and Truncated with the name of the first thing
    that no identity opens.
    """
    package = read_package(data)
    passing = _Passing(identities, Recipient.parse(package.recipient))
    return Result(
        box_id=package.box_id,
        case=package.case,
        giver=package.giver,
        taker=package.taker,
        package_hash=hash_of(data),
        statements=tuple(
            CarriedStatement(
                place=one.place, old_hash=hash_of(one.header), header=passing.on(one.header, f"statement {one.place}")
            )
            for one in package.statements
        ),
        recordings=tuple(
            CarriedRecording(
                recording_id=one.recording_id, old_hash=hash_of(one.header), header=passing.on(one.header, one.recording_id)
            )
            for one in package.recordings
        ),
        left=package.left,
        notes=_notes_header(package, passing),
    )


def _notes_header(package: Package, passing: _Passing) -> bytes:
    """The notes are sealed inside the sealed statement, where the locked box cannot reach."""
    notes = notes_in(_unsealed(package.noted, passing.identities)) if package.noted else b""
    return passing.on(notes, "what is noted") if notes else b""


def _unsealed(sealed: bytes, identities: Sequence[AnyIdentity]) -> bytes:
    for identity in identities:
        with suppress(NotARecipient):
            return unseal_bytes(sealed, identity)
    raise NotARecipient("the statement with the notes does not open by this identity")
