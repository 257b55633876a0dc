"""Power is cut while films get their new headers, at every step and in every way: no film is lost, and the next start ends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from disk_record import RecordingDisk, Tape
from disk_replay import Cut, Kept, cut_at, kept_after
from factory import UnsyncedDisk
from faults import FaultyDisk
from hand_over_box import FOOTAGE, HandOverBox
from record_box import NOON_MS, HandClock

from capture.audit.log import AuditLog
from capture.audit.verify import Verdict, verify_log
from capture.catalogue import Catalogue
from capture.device_key import DeviceKey
from capture.errors import VigcamError
from capture.handover.swapping import Swapping
from capture.ids import RecordingId
from capture.model import Confidence, WallTime
from capture.recordings import Recordings
from capture.seal.keys import Identity
from capture.seal.stream import SalvageReader, SealedReader, open_header
from capture.vault import Vault
from device.ports import Disk

pytestmark = pytest.mark.promise("P9")

NOW = WallTime(ms=NOON_MS, confidence=Confidence.BROWSER)
CATALOGUE = ("catalogue.sqlite", "catalogue.sqlite-wal")


@dataclass(frozen=True, slots=True)
class Story:
    """Two films, one of them interrupted, of a case that has changed hands, and the tape of their new headers."""

    folder: Path
    films: tuple[RecordingId, RecordingId]
    taker: Identity
    tape: Tape[tuple[bytes, ...]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    disk: RecordingDisk[tuple[bytes, ...]] = RecordingDisk(UnsyncedDisk())
    box = HandOverBox(tmp_path_factory.mktemp("box"), disk)
    films = box.film(), box.cut()
    box.bring(box.rewrapped())
    box.take_over()
    paths = [box.folder / "audit.log", *(box.folder / "vault").iterdir()]

    def witness() -> tuple[bytes, ...]:
        return tuple((box.folder / name).read_bytes() for name in CATALOGUE)

    tape = disk.roll(box.folder, paths, witness)
    box.swap_all()
    disk.stop()
    yield Story(box.folder, films, box.taker.identity, tape)
    box.close()


def start(folder: Path, disk: Disk) -> None:
    """What a start does about it."""
    catalogue = Catalogue.open(folder / CATALOGUE[0])
    key = DeviceKey.load(folder / "device.key")
    try:
        audit = AuditLog.open(folder / "audit.log", key, HandClock(), disk, lambda: NOW)
        vault = Vault(folder / "vault", disk)
        swapping = Swapping(catalogue, Recordings(catalogue), vault, audit, key, lambda: False)
        try:
            for new in swapping.new_headers.all():
                swapping.swap(new)
            assert swapping.new_headers.all() == ()
        finally:
            swapping.close()
            audit.close()
    finally:
        catalogue.close()


def shown(folder: Path, recording: RecordingId, identity: Identity) -> bytes:
    opened = Vault(folder / "vault", UnsyncedDisk()).open(recording)
    with os.fdopen(opened.fd, "rb") as file:
        reader = (SealedReader if opened.is_sealed else SalvageReader)(opened.fd, *open_header(file.read(1_000), identity))
        return reader.read_at(0, reader.size)


def lay(story: Story, kept: Kept, catalogue: tuple[bytes, ...], folder: Path) -> None:
    """A box's folder as the card kept it, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "vault").mkdir(parents=True)
    kept.lay(folder)
    shutil.copy(story.folder / "device.key", folder)
    for name, data in zip(CATALOGUE, catalogue, strict=True):
        (folder / name).write_bytes(data)


def examine(story: Story, folder: Path) -> None:
    """No damage before the next start, and after it the films are the taker's, whole, and vouched for."""
    key = DeviceKey.load(folder / "device.key").public_hex
    before = verify_log(folder / "audit.log", folder / "vault", known_key=key)
    assert before.findings == ()
    assert before.verdict in {Verdict.GOOD, Verdict.TORN}
    start(folder, UnsyncedDisk())
    after = verify_log(folder / "audit.log", folder / "vault", known_key=key)
    assert (after.verdict, after.findings, after.notes) == (Verdict.GOOD, (), ())
    whole, torn = (shown(folder, film, story.taker) for film in story.films)
    assert whole == FOOTAGE + b"the end"
    assert FOOTAGE.startswith(torn)
    assert len(torn) >= len(FOOTAGE) // (1 << 16) * (1 << 16)


def disks(tape: Tape[tuple[bytes, ...]], cut: Cut) -> Iterator[tuple[Kept, tuple[bytes, ...]]]:
    """Each with the catalogue as it last stood, and as it stood one step before: a commit falls between two steps."""
    for kept in kept_after(cut, samples=3):
        for catalogue in {tape.before[max(0, cut.at - 1)], tape.before[cut.at]}:
            yield kept, catalogue


def test_no_cut_loses_a_film(story: Story, tmp_path: Path) -> None:
    assert len(story.tape.steps) > 12
    count = 0
    for at in range(len(story.tape.steps) + 1):
        for kept, catalogue in disks(story.tape, cut_at(story.tape, at)):
            lay(story, kept, catalogue, tmp_path / "cut")
            try:
                examine(story, tmp_path / "cut")
            except Exception as error:
                raise AssertionError(f"cut {at}: {kept.rule}: {error!r}") from error
            count += 1
    assert count > 100


def test_the_tape_has_headers_that_are_neither_the_old_nor_the_new(story: Story) -> None:
    """The test above would prove nothing otherwise."""
    path = Path("vault") / f"{story.films[0]}.mp4.age"
    kept = [one for at in range(len(story.tape.steps) + 1) for one in kept_after(cut_at(story.tape, at), samples=3)]
    headers = {one.contents[path][:266] for one in kept}
    assert len(headers) > 3


def test_failing_disk_leaves_it_to_the_next_start(story: Story, tmp_path: Path) -> None:
    begun = Kept("", {path.relative_to(story.folder): story.tape.files[file] for path, file in story.tape.names.items()})
    folder, calls = tmp_path / "faulty", 1
    number = 0
    while number < calls:
        lay(story, begun, story.tape.before[0], folder)
        disk = FaultyDisk(UnsyncedDisk())
        disk.die_at(number)
        with suppress(VigcamError, OSError):
            start(folder, disk)
            disk.heal()
            break
        calls = max(calls, len(disk.calls)) + 1
        examine(story, folder)
        number += 1
    assert number > 12
