"""A box on which films are made and erased: asked for, pressed, looked at afterwards. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
from capture_box import wait_until
from faults import FaultyDisk
from filming_box import FilmingBox

from capture.erasing.asking import ErasureDone, ErasureWaiting
from capture.errors import VigcamError
from capture.ids import CaseCode, RecordingId
from capture.model import ErasureReceipt, Recording
from capture.receipts import read_receipt
from capture.recorder.model import Phase
from device.disk import SystemDisk


def film(box: FilmingBox, case: CaseCode | None = None) -> RecordingId:
    """A short film, of the box's own case if no other is named."""
    box.case = case or box.case
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.press()
    box.wait_for(Phase.ARMED)
    return box.rows()[0].recording_id


def box_with_films(folder: Path, count: int, seconds: float = 0.4) -> tuple[FilmingBox, FaultyDisk, list[RecordingId]]:
    folder.mkdir(exist_ok=True)
    disk = FaultyDisk(SystemDisk())
    box = FilmingBox(folder, disk, seconds=seconds).start()
    return box, disk, [film(box) for _ in range(count)]


def erase(
    box: FilmingBox, recording_ids: Sequence[RecordingId], words: str = "", before_the_press: Callable[[], None] = lambda: None
) -> ErasureDone | VigcamError:
    """Asked for and pressed; how it ended."""
    with closing(box.erasures()) as erasures:
        waiting = erasures.begin(box.practitioner, tuple(recording_ids), words)
        before_the_press()
        erasures.confirm(next(ask for ask in box.control.state.asks if ask.ask_id == waiting.ask_id))
        erasures.take_back(waiting.ask_id)  # the recorder drops an ask that was confirmed; here nobody pressed it

        def look() -> ErasureDone | VigcamError | None:
            try:
                answer = erasures.poll(box.practitioner, waiting.ask_id)
            except VigcamError as error:
                return error
            return None if isinstance(answer, ErasureWaiting) else answer

        found = wait_until(look)
        assert found is not None
        return found


def next_start(box: FilmingBox) -> None:
    """The daemon ends and begins again on the same folder."""
    box.shut()
    box.restart_records()
    box.start()


def receipts(box: FilmingBox, case: CaseCode | None = None) -> list[ErasureReceipt]:
    """Verified, of one case, oldest first."""
    kept = box.eraser.book.receipts(case or box.case)
    found = [read_receipt(one.data, box.box.device_key.public_hex) for one in kept]
    assert [one.erasure_id for one in found] == [one.erasure_id for one in kept]
    return found


def named(found: Sequence[ErasureReceipt]) -> list[RecordingId]:
    """Every film that a receipt names, in order."""
    return [one.recording_id for receipt in found for one in receipt.recordings]


def take_over(box: FilmingBox, recording_id: RecordingId) -> Recording:
    return box.recordings.mark_transferred(recording_id)


def set_facts(box: FilmingBox, recording_id: RecordingId, **facts: object) -> None:
    box.recordings.update(msgspec.structs.replace(box.recordings.get(recording_id), **facts))


def close(box: FilmingBox) -> None:
    box.shut()
    box.box.close()
