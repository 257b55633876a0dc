"""A take on a disk that fails: the error is told, nothing more is written, and nothing is called sealed."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from factory import repeated
from movies import decode
from take_box import ENCODED, TakeBox

from device.ports import VideoPacket


@pytest.fixture
def box(tmp_path: Path) -> TakeBox:
    return TakeBox(tmp_path)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("operation", ["write", "sync_data"])
def test_disk_error_ends_the_take_and_is_never_called_sealed(box: TakeBox, operation: str, error: int) -> None:
    box.film(1.2)
    box.disk.wait_for("sync_data", 2)
    box.disk.fail(operation, error)
    for packet in repeated(ENCODED, 4):
        if isinstance(packet, VideoPacket) and packet.frame_number >= 36:
            box.deliver(packet)
    summary = box.finish(120)
    assert box.listener.told == ["first_frame", "disk_error", "finished"]
    assert (summary.first_error, summary.sealed_hash) == ("disk_error", "")
    # Two fragments were written; the end of the second fills no chunk yet, so it is in no file.
    assert summary.frames_kept == 13
    assert box.vault.parts() == [box.part.recording]
    with pytest.raises(AssertionError):
        box.vault.publish(box.part)


def test_after_a_disk_error_nothing_more_is_written_and_what_was_plays(box: TakeBox) -> None:
    box.film(2.2)
    box.disk.wait_for("sync_data", 4)
    box.disk.fail("sync_data")
    box.film(1)  # time runs back: would be refused, but the error comes first or nothing is written at all
    box.disk.heal()
    size = box.part.path.stat().st_size
    for packet in repeated(ENCODED, 9):
        if isinstance(packet, VideoPacket) and packet.frame_number >= 70:
            box.deliver(packet)
    box.finish(270)
    assert decode(box.movie()).numbers[:40] == list(range(40))
    assert box.part.path.stat().st_size >= size


def test_disk_that_cannot_even_close_still_ends_the_take(box: TakeBox) -> None:
    box.disk.fail("write")
    box.disk.fail("close")
    box.film(2)
    assert box.finish(60).first_error == "disk_error"


def test_disk_error_while_closing_leaves_it_interrupted(box: TakeBox) -> None:
    box.film(1.2)
    box.disk.wait_for("sync_data", 2)
    box.disk.fail("sync")
    summary = box.finish(36)
    assert (summary.first_error, summary.sealed_hash) == ("disk_error", "")


def test_every_write_and_sync_in_turn_may_fail_and_none_is_called_sealed(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    good = TakeBox(tmp_path / "good")
    begun = len(good.disk.calls)
    good.film(1.6)
    good.finish(48)
    steps = [number for number, call in enumerate(good.disk.calls) if number >= begun and call != "free_bytes"]
    assert len(steps) > 6
    for number in steps:
        folder = tmp_path / str(number)
        folder.mkdir()
        box = TakeBox(folder)
        box.disk.fail_at(number)
        box.film(1.6)
        summary = box.finish(48)
        assert (summary.first_error, summary.sealed_hash) == ("disk_error", ""), good.disk.calls[number]
        assert not box.part.is_finished


def test_fault_in_the_writer_itself_is_told_and_is_never_called_sealed(box: TakeBox) -> None:
    box.film(1)
    summary = box.finish(1 << 40)  # more than the trailer's field can hold
    assert box.listener.told == ["first_frame", "internal", "finished"]
    assert (summary.first_error, summary.sealed_hash) == ("internal", "")
    assert box.vault.parts() == [box.part.recording]
