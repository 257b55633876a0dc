"""What a case holds now, as far as the locked box can see: the headers of its statements and films. Opens and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from capture.catalogue import CaseHead, Catalogue, StatementRow
from capture.errors import BadRequest, CatalogueBroken, NotFound, NotNow, SealBroken, Truncated
from capture.handover.notes import NOTED
from capture.handover.package import MOST_RECORDINGS, MOST_STATEMENTS, RecordingHeader, StatementHeader, hash_of
from capture.handover.result import Result
from capture.ids import BoxId, CaseCode, RecordingId
from capture.model import Recording, RecordingState
from capture.recordings import Recordings
from capture.seal.header import Header, parse_header
from capture.seal.rewrap import is_for
from capture.vault import Vault

_PAGE = 200
_OWN = 2
"""Whatever the box seals opens for a practitioner and for recovery."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """One case at one moment. `left` are recordings whose headers nobody can open, or that this box did not write so."""

    head: CaseHead
    rows: tuple[StatementRow, ...]
    films: tuple[RecordingHeader, ...]
    left: tuple[RecordingId, ...]

    @property
    def statement_headers(self) -> tuple[StatementHeader, ...]:
        """Raises CatalogueBroken naming the first statement that does not begin with a header of this box's kind."""
        return tuple(StatementHeader(place=row.sequence, header=self._header(row)) for row in self.rows)

    @property
    def noted(self) -> bytes:
        """The whole sealed statement that may hold the personal notes."""
        return next((row.sealed for row in reversed(self.rows) if row.type in NOTED), b"")

    def _header(self, row: StatementRow) -> bytes:
        try:
            header = parse_header(row.sealed)
        except (SealBroken, Truncated):
            header = None
        if header is None or not is_for(header, _OWN):
            raise CatalogueBroken(f"{self.head.case}: statement {row.sequence} has no good header")
        return row.sealed[: header.length]


@dataclass(frozen=True, slots=True)
class Inventory:
    """Looks at cases. Raises the errors of catalogue and vault besides those named."""

    catalogue: Catalogue
    recordings: Recordings
    vault: Vault
    is_unfinished: Callable[[RecordingId], bool]
    """Whether a film still gets its header of an earlier hand-over."""

    def of(self, case: CaseCode) -> Holdings:
        """Raises NotFound; NotNow while one of its films is made, erased or still gets a header; BadRequest for too much."""
        with self.catalogue.transaction():
            head = self.catalogue.head(case)
            rows = self.catalogue.statements(case)
        if head is None:
            raise NotFound(case)
        films, left = [], []
        for recording in self._kept(head):
            header = self._header(recording.recording_id)
            if header is None:
                left.append(recording.recording_id)
            else:
                films.append(RecordingHeader(recording_id=recording.recording_id, header=header))
        if len(rows) > MOST_STATEMENTS or len(films) + len(left) > MOST_RECORDINGS:
            raise BadRequest(reasons=("hand_over_too_long",))
        return Holdings(head, rows, tuple(films), tuple(left))

    def _kept(self, head: CaseHead) -> Iterator[Recording]:
        erasing = self.recordings.being_erased()
        page: Sequence[Recording] = ()
        is_last = False
        while not is_last:
            before = page[-1].recording_id if page else ""
            page, is_last = self.recordings.page(head.practitioner, head.case, before, _PAGE)
            for recording in page:
                is_moving = recording.state is RecordingState.FILMING or self.is_unfinished(recording.recording_id)
                if is_moving or recording.recording_id in erasing:
                    raise NotNow(recording.recording_id)
                if recording.state is not RecordingState.ERASED:
                    yield recording

    def _header(self, recording_id: RecordingId) -> bytes | None:
        opened = self.vault.open(recording_id)
        try:
            header = self.vault.header(opened.fd)
        except (SealBroken, Truncated):
            return None
        finally:
            os.close(opened.fd)
        return header if is_for(parse_header(header), _OWN) else None


def check_box(result: Result, box_id: BoxId) -> None:
    """Raises BadRequest for another box's result, whose case this one does not know."""
    if result.box_id != box_id:
        raise BadRequest(reasons=("hand_over_of_another_box",))


def check_result(result: Result, holdings: Holdings, box_id: BoxId) -> None:
    """All that can be known of a result without opening anything. Raises BadRequest for another box's or a malformed one.

    Raises NotNow with `hand_over_outdated` if it is not about the case as it is now: something was said or filmed since, or the
    case was handed over.
    """
    check_box(result, box_id)
    headers = [one.header for one in result.statements] + [one.header for one in result.recordings]
    if not all(map(_is_carrier, [*headers, result.notes] if result.notes else headers)):
        raise BadRequest(reasons=("hand_over_headers_wrong",))
    statements = [(one.place, hash_of(one.header)) for one in holdings.statement_headers]
    films = {one.recording_id: hash_of(one.header) for one in holdings.films}
    brought = {one.recording_id: one.old_hash for one in result.recordings}
    is_same_case = (result.case, result.giver) == (holdings.head.case, holdings.head.practitioner)
    is_all_there = {*brought, *result.left} == {*films, *holdings.left} and not {*brought} & {*result.left}
    is_as_it_was = [(one.place, one.old_hash) for one in result.statements] == statements and brought.items() <= films.items()
    if not (is_same_case and is_all_there and is_as_it_was) or len(brought) != len(result.recordings):
        raise NotNow(reasons=("hand_over_outdated",))


def _is_carrier(data: bytes) -> bool:
    """Whether this is a header for one X25519 recipient, and nothing behind it."""
    try:
        header: Header = parse_header(data)
    except (SealBroken, Truncated):
        return False
    return header.length == len(data) and is_for(header, 1)
