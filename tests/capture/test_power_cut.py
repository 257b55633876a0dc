"""Power that fails at any moment of a visit: the disk is rebuilt as a card may have left it, and a box is started on it.

`make test` tries each cut with a few places of every rule, `make chaos` with all of them. A killed process keeps what the
system has cached and shows nothing of this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import factory
import pytest
from disk_record import Create, RecordingDisk, SyncFile, Tape, Write
from disk_replay import cut_at, kept_after
from factory import repeated
from filming_box import FilmingBox
from movies import decode
from ram_folder import ram_folder
from replay_story import Story, erase, tell
from replay_sweep import sweep
from replay_verdict import Judge

from capture.container.movie import open_movie
from capture.container.progressive import ProgressiveMp4
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.seal.stream import open_header
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.errors import CameraUnavailable
from device.ports import Profile, VideoPacket

RATES = {8_000_000: 0.6, 500_000: 1.0}
"""What a cut may cost besides the time since the last completed sync, by the rate."""


def _profile(bitrate: int) -> Profile:
    return Profile(320, 180, 30, bitrate, audio_bitrate=48_000)


@pytest.fixture
def ram() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


@pytest.fixture(scope="module", params=RATES, ids=lambda rate: f"{rate // 1000} kbit")
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    seconds = 1.1 if request.param == 8_000_000 else 2.5
    return tell(tmp_path_factory.mktemp("story"), factory.encode(_profile(request.param)), seconds, then=erase)


@pytest.mark.promise("P8")
@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_after_a_cut_at_any_moment_all_that_was_confirmed_is_there_and_nothing_is_called_what_it_is_not(
    story: Story, ram: Path
) -> None:
    tally = sweep(story, Judge(story, ram), samples=1)
    assert tally.cuts == len(story.tape.steps) + 1
    assert set(tally.ends) == {"no row", "interrupted", "sealed", "erased"}
    assert {"none", "all", "zero-filled", "torn", "begins missing", "any 512 bytes"} <= set(tally.rules)


@pytest.mark.promise("P8")
@pytest.mark.promise("P10")
def test_a_start_on_what_a_cut_left_may_itself_be_cut(tmp_path: Path, ram: Path) -> None:
    story = tell(tmp_path, factory.encode(), 0.6, then=erase)
    tally = sweep(story, Judge(story, ram), samples=1, recut_every=30)
    assert tally.second_cuts > 10


def test_every_byte_of_a_recording_is_written_once_until_it_is_erased(story: Story) -> None:
    """One key, one writer: other bytes at the same place would betray both."""
    *film, eraser = story.written()
    assert [write.offset for write in film] == [sum(len(one.data) for one in film[:number]) for number in range(len(film))]
    assert eraser.offset == 0


@pytest.mark.promise("P6")
def test_no_write_of_a_visit_holds_a_piece_of_the_film_in_clear(story: Story) -> None:
    written = [step.data for step in story.tape.steps if isinstance(step, Write)]
    assert len(story.clear) > 50
    assert not [piece for piece in story.clear for data in written if piece in data]


@pytest.mark.promise("P8")
def test_a_cut_while_a_take_is_given_up_leaves_no_film_and_no_wrong_word(tmp_path: Path, ram: Path) -> None:
    def break_camera(box: FilmingBox) -> None:
        box.camera.trouble["start"].append(CameraUnavailable("as the test wants it"))

    story = tell(tmp_path, factory.encode(), 1.0, first=break_camera)
    assert story.frames == 0
    tally = sweep(story, Judge(story, ram), samples=1)
    assert set(tally.ends) <= {"no row", "interrupted"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What the writer says between two steps, and how much film it has been given."""

    frames_durable: int
    durable_us: int
    given_us: int


def _write_a_take(folder: Path, bitrate: int, seconds: float) -> tuple[Tape[Claim], Identity, int]:
    disk: RecordingDisk[Claim] = RecordingDisk(SystemDisk())
    identity = Identity.generate()
    encoded = factory.encode(_profile(bitrate))
    writer: TakeWriter | None = None
    given_us = 0
    tape = disk.roll(folder, [], lambda: Claim(writer.frames_durable, writer.durable_us, given_us) if writer else Claim(0, 0, 0))
    writer = TakeWriter(Vault(folder, disk).begin(new_recording_id(), [identity.recipient]), encoded.profile, SystemClock())
    assert encoded.audio_format is not None
    writer.audio_format(encoded.audio_format)
    for packet in repeated(encoded, seconds):
        if isinstance(packet, VideoPacket):
            given_us = packet.time_us
            writer.video(packet)
        else:
            writer.audio(packet)
    disk.stop()
    [film] = [step.file for step in tape.steps if isinstance(step, Create)]
    return tape, identity, film


def _opener(identity: Identity, scratch: Path) -> Callable[[bytes], ProgressiveMp4]:
    def open_bytes(data: bytes) -> ProgressiveMp4:
        scratch.write_bytes(data)
        fd = os.open(scratch, os.O_RDONLY)
        file_key, offset = open_header(data[:4_096], identity)
        movie = open_movie(fd, file_key, offset, is_sealed=False)
        if movie.index.frames not in played:
            played.add(movie.index.frames)
            whole = movie.read_at(0, movie.size)
            assert decode(whole).numbers == [number % 60 for number in range(movie.index.frames)]
        os.close(fd)
        return movie

    played: set[int] = set()
    return open_bytes


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("bitrate", "seconds"), [(8_000_000, 1.7), (500_000, 5.2)])
def test_what_the_writer_counts_as_durable_plays_whatever_the_card_kept_and_a_cut_costs_no_more_than_promised(
    ram: Path, bitrate: int, seconds: float
) -> None:
    tape, identity, film = _write_a_take(ram, bitrate, seconds)
    play = _opener(identity, ram / "cut")
    synced_us, most_lost_us, most_durable = 0, 0, 0
    for at in range(len(tape.steps) + 1):
        if at and tape.steps[at - 1] == SyncFile(film):
            synced_us = tape.before[at].given_us
        claim = tape.before[at]
        most_durable = max(most_durable, claim.frames_durable)
        if synced_us < 500_000:
            continue
        for data in {data for kept in kept_after(cut_at(tape, at), samples=2) for data in kept.contents.values()}:
            movie = play(data)
            assert movie.index.frames >= claim.frames_durable, at
            assert movie.index.duration_ms * 1_000 >= claim.durable_us - 1_000, at
            most_lost_us = max(most_lost_us, synced_us - movie.index.duration_ms * 1_000)
    assert most_durable > seconds * 30 * 0.45
    assert 0 < most_lost_us <= RATES[bitrate] * 1e6
