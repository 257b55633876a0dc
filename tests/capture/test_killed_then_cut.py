"""A process killed between a step and its sync, a start on what it left, then a power cut: what the start said still holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import factory
import pytest
from disk_record import RecordingDisk, Tape
from disk_replay import cut_at, kept_after
from factory import make_recording
from faults import FaultyDisk
from filming_box import FilmingBox

from capture.erasing.book import Underway
from capture.errors import BoxUnusable, NotFound
from capture.ids import RecordingId, new_ask_id, new_recording_id
from capture.model import Recording, RecordingState
from capture.seal.keys import Recipient
from capture.seal.stream import make_header, new_file_key
from capture.start_up import mark_interrupted
from device.disk import SystemDisk


class KilledBox:
    """What a killed process left is still in the system's cache: a tape from before it was written, and a start upon it."""

    def __init__(self, folder: Path) -> None:
        self.disk: RecordingDisk[None] = RecordingDisk(SystemDisk())
        self.faulty = FaultyDisk(self.disk)
        self.box = FilmingBox(folder, self.faulty)
        self.vault = folder / "vault"
        self.tape: Tape[None] = self.roll()

    def roll(self) -> Tape[None]:
        self.tape = self.disk.roll(self.box.folder, [self.box.folder / "audit.log", *self.vault.iterdir()], lambda: None)
        return self.tape

    def add_row(self, state: RecordingState) -> RecordingId:
        arming = self.box.visit()
        row = Recording(
            recording_id=new_recording_id(),
            case=arming.case,
            visit_id=arming.visit_id,
            practitioner=arming.practitioner,
            state=state,
            started=self.box.box.wall,
            boot_id="a" * 32,
            started_boottime_ns=1,
        )
        self.box.recordings.add(row)
        return row.recording_id

    def start_then_cut(self) -> list[dict[str, bytes]]:
        """The vault as each card may have left it."""
        mark_interrupted(self.box.eraser)
        return self.cut()

    def cut(self) -> list[dict[str, bytes]]:
        kept = kept_after(cut_at(self.tape, len(self.tape.steps)), samples=0)
        return [{path.name: data for path, data in disk.contents.items() if path.parent.name == "vault"} for disk in kept]


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[KilledBox]:
    made = KilledBox(tmp_path)
    yield made
    made.box.box.close()


def _begin(killed: KilledBox, recording: RecordingId, recipient: Recipient, film: bytes) -> dict[str, bytes]:
    """As the vault begins a recording and the writer goes on, up to a kill before the next sync."""
    name, data = f"{recording}.mp4.age.part", make_header(new_file_key(), [recipient]) + film
    fd = killed.disk.create(killed.vault / name)
    killed.disk.write(fd, data)
    killed.disk.close(fd)
    return {name: data}


@pytest.mark.promise("P8")
@pytest.mark.parametrize("film", [b"", bytes(range(256)) * 300], ids=["no film yet", "film"])
def test_an_interrupted_recording_that_the_start_has_told_of_is_still_there_after_a_cut(killed: KilledBox, film: bytes) -> None:
    left = _begin(killed, killed.add_row(RecordingState.FILMING), killed.box.box.recovery, film)
    assert killed.start_then_cut() == [left]
    assert killed.box.rows()[0].state is RecordingState.INTERRUPTED


@pytest.mark.promise("P9")
def test_an_erasure_that_the_start_has_ended_is_not_undone_by_a_cut(killed: KilledBox) -> None:
    recording = killed.add_row(RecordingState.SEALED)
    make_recording(killed.box.vault, [killed.box.box.recovery], 1, factory.encode(), recording)
    killed.roll()
    killed.box.eraser.book.begin(Underway(recording, new_ask_id(), killed.box.practitioner, "", 1))
    killed.disk.unlink(killed.vault / f"{recording}.mp4.age")
    assert killed.start_then_cut() == [{}]
    assert killed.box.rows()[0].state is RecordingState.ERASED


@pytest.mark.promise("P9")
def test_an_erasure_whose_last_sync_failed_is_gone_for_good_once_it_was_repeated(killed: KilledBox) -> None:
    recording = make_recording(killed.box.vault, [killed.box.box.recovery], 1, factory.encode())
    killed.roll()
    killed.faulty.fail("sync_folder")
    with pytest.raises(BoxUnusable):
        killed.box.vault.erase(recording)
    killed.faulty.heal()
    with pytest.raises(NotFound):
        killed.box.vault.erase(recording)
    assert killed.cut() == [{}]


def test_a_part_that_cannot_be_synced_keeps_no_box_shut(killed: KilledBox) -> None:
    recording = killed.add_row(RecordingState.FILMING)
    _begin(killed, recording, killed.box.box.recovery, b"film")
    (killed.vault / "rec-2222222222222222.mp4.age.part").symlink_to("nowhere")
    for operation in ("sync", "sync_folder", "overwrite"):
        killed.faulty.fail(operation)
        mark_interrupted(killed.box.eraser)
        killed.faulty.heal()
    assert killed.box.rows()[0].state is RecordingState.INTERRUPTED
