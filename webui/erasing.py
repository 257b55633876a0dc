"""What pages show of erasing: the films of a case on the box, what is due, the receipts of what is gone. Erases nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from capture.client import CaptureClient
from capture.errors import NotFound, SignInNeeded
from capture.messages import (
    BATCH_LIMIT,
    DueList,
    GetRecording,
    ListDue,
    ListReceipts,
    ListRecordings,
    ReceiptPage,
    RecordingFound,
    RecordingList,
    Status,
)
from capture.model import ErasureReceipt, Recording, RecordingState

_KEPT = (RecordingState.SEALED, RecordingState.INTERRUPTED)


class _Signed(msgspec.Struct, forbid_unknown_fields=True):
    receipt: ErasureReceipt
    signature: str


_SIGNED = msgspec.json.Decoder(_Signed)
"""The daemon made these bytes and keeps them: whoever got them elsewhere verifies them by docs/retention.md."""


@dataclass(frozen=True, slots=True)
class StartPage:
    """What the start page says to who is signed in; `just_filmed` is None where there is no such film, or it is no only copy."""

    due: DueList
    just_filmed: Recording | None


def start_page(client: CaptureClient, session: str, status: Status) -> StartPage | None:
    """None where the daemon has signed out meanwhile: the start page is for everybody."""
    with suppress(SignInNeeded):
        return StartPage(client.call(ListDue(session=session), DueList), just_filmed(client, session, status))
    return None


def just_filmed(client: CaptureClient, session: str, status: Status) -> Recording | None:
    """The newest film, if it is this practitioner's, at rest, and was not taken over yet. Raises SignInNeeded."""
    if not status.last_recording_id or status.is_sensor_open:
        return None
    with suppress(NotFound):
        found = client.call(GetRecording(session=session, recording_id=status.last_recording_id), RecordingFound).recording
        return found if found.state in _KEPT and not found.is_transferred else None
    return None


def films_of(client: CaptureClient, session: str, case: str) -> tuple[tuple[Recording, ...], bool]:
    """The films of a case that lie on the box, newest first, as many as one press can erase; and whether these are all."""
    found: list[Recording] = []
    before, is_last = "", False
    while not is_last and len(found) <= BATCH_LIMIT:
        page = client.call(ListRecordings(session=session, case=case, before=before), RecordingList)
        found += [one for one in page.recordings if one.state in _KEPT]
        is_last = page.is_last or not page.recordings
        before = page.recordings[-1].recording_id if page.recordings else ""
    return tuple(found[:BATCH_LIMIT]), is_last and len(found) <= BATCH_LIMIT


def receipts_of(client: CaptureClient, session: str, case: str) -> tuple[ErasureReceipt, ...]:
    """All receipts of a case, oldest first. Raises NotFound where it is another's."""
    return tuple(_receipts(client, session, case))


def _receipts(client: CaptureClient, session: str, case: str) -> Iterator[ErasureReceipt]:
    after, is_last = 0, False
    while not is_last:
        page = client.call(ListReceipts(session=session, case=case, after=after), ReceiptPage)
        yield from (_SIGNED.decode(one.data).receipt for one in page.receipts)
        after, is_last = (page.receipts[-1].number if page.receipts else after), page.is_last
