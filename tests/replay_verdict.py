"""Starts a box on what a cut left and judges it: what was confirmed is there, and nothing is called what it is not."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from disk_record import RecordingDisk, Tape
from disk_replay import Cut, Kept
from factory import UnsyncedDisk
from movies import decode
from record_box import NOON_MS, HandClock
from replay_story import CATALOGUE, Moment, Story

from capture.audit.chain import Chain, read_chain
from capture.audit.log import AuditLog
from capture.audit.traces import Erasure, Trace
from capture.audit.verify import Verdict, verify_log
from capture.catalogue import Catalogue
from capture.container.movie import open_movie
from capture.device_key import DeviceKey
from capture.erasing.eraser import Eraser
from capture.errors import NotFound, SealBroken, Truncated
from capture.ids import RecordingId
from capture.log_memory import LogMemory, remembered_head
from capture.manifest import read_manifest
from capture.model import Confidence, Recording, RecordingState, WallTime
from capture.receipts import read_receipt
from capture.recordings import Recordings
from capture.seal.stream import open_header
from capture.start_up import mark_interrupted
from capture.vault import Vault
from device.ports import Disk

_NOW = WallTime(ms=NOON_MS, confidence=Confidence.BROWSER)


@dataclass(frozen=True, slots=True)
class Found:
    """What the box makes of it: the row's state (None: no row), and the pictures that play."""

    state: RecordingState | None
    frames: int


class Judge:
    """Examines the disks of one story, each in the same scratch folder. Remembers which films it has decoded."""

    def __init__(self, story: Story, scratch: Path) -> None:
        self.folder = scratch
        self._story = story
        self._vault_folder = scratch / "vault"
        self._vault_folder.mkdir()
        self._vault = Vault(self._vault_folder, UnsyncedDisk())
        self._log = scratch / "audit.log"
        self._key = DeviceKey.load(story.folder / "device.key")
        self._played: set[bytes] = set()
        self._vouched: list[RecordingId] = []
        """The films that receipts name, after the last start."""

    def floor(self, cut: Cut) -> int:
        """The pictures that no card may lose: those of the bytes that were confirmed before."""
        self.lay(Kept("", {}), ())
        (self._vault_folder / f"{self._story.recording_id}.mp4.age.part").write_bytes(cut.files.get(self._story.film, b""))
        return self._frames()

    def lay(self, kept: Kept, catalogue: tuple[bytes, ...]) -> None:
        """Make the scratch folder the disk that was kept, and nothing else."""
        for path in (*self._vault_folder.iterdir(), *self.folder.iterdir()):
            if path.is_file():
                path.unlink()
        kept.lay(self.folder)
        for name, data in zip(CATALOGUE, catalogue, strict=False):
            (self.folder / name).write_bytes(data)

    def start(self, disk: Disk) -> tuple[Recording | None, bool]:
        """What the daemon does before it serves; the row it comes to, and whether it found an erasure to end."""
        recording_id = self._story.recording_id
        with closing(Catalogue.open(self.folder / CATALOGUE[0])) as catalogue:
            recordings = Recordings(catalogue)
            is_going = recording_id in recordings.being_erased()
            clock, remembered = HandClock(), remembered_head(catalogue)
            with closing(AuditLog.open(self._log, self._key, clock, disk, lambda: _NOW, remembered=remembered)) as audit:
                LogMemory(catalogue, audit, clock).settle(self._log)
                mark_interrupted(Eraser(self._story.box_id, Vault(self._vault_folder, disk), catalogue, audit, self._key))
            receipts = (read_receipt(data, self._key.public_hex) for (data,) in catalogue.rows("SELECT receipt FROM erasure"))
            self._vouched = [one.recording_id for receipt in receipts for one in receipt.recordings]
            try:
                return recordings.get(recording_id), is_going
            except NotFound:
                return None, is_going

    def record_start(self, kept: Kept, catalogue: tuple[bytes, ...]) -> Tape[Moment]:
        """The tape of a start on this disk: for a cut in the middle of recovering from a cut."""
        self.lay(kept, catalogue)
        disk: RecordingDisk[Moment] = RecordingDisk(UnsyncedDisk())

        def witness() -> Moment:
            files = (self.folder / name for name in CATALOGUE)
            return Moment(tuple(path.read_bytes() if path.exists() else b"" for path in files), 0, False)

        tape = disk.roll(self.folder, [self.folder / path for path in kept.contents], witness)
        self.start(disk)
        disk.stop()
        return tape

    def examine(self, cut: Cut, kept: Kept, catalogue: tuple[bytes, ...], floor: int) -> Found:
        """Assert all that must hold of this disk, before the next start and after it."""
        self.lay(kept, catalogue)
        chain = self._synced_lines_hold(cut)
        self._names_tell_the_truth(chain)
        if self._story.tape.before[cut.at].is_erased:
            assert not list(self._vault_folder.iterdir()), "erased, said to be erased, and come back"
        row, is_going = self.start(UnsyncedDisk())
        report = verify_log(self._log, self._vault_folder, known_key=self._key.public_hex)
        assert (report.verdict, report.findings) == (Verdict.GOOD, ()), (report.bad_line, report.findings)
        left = {path.name: path.read_bytes() for path in self._vault_folder.iterdir()}
        if row is None:
            assert floor == 0, "footage that nobody knows"
            return Found(None, self._frames())
        if row.state is RecordingState.ERASED:
            assert not left, "erased, and still there"
            assert self._trace(chain).erasure is not Erasure.NONE, "gone, and nobody had asked"
            assert self._vouched == [row.recording_id], "gone, and not one receipt that says so"
            return Found(row.state, 0)
        assert not is_going, "an erasure that was begun was not ended"
        assert not self._vouched, "a receipt for a film that is there"
        assert left == {path.name: data for path, data in kept.contents.items() if path.parent.name == "vault"}, "it was touched"
        return self._one_story(row, left, floor)

    def _synced_lines_hold(self, cut: Cut) -> Chain:
        """What was logged as done is in the log, and what the cut left behind it is not taken for damage."""
        chain = read_chain(self._log, self._key.public_hex)
        synced = cut.durable(self._story.folder / "audit.log").count(b"\n")
        assert synced >= self._story.tape.before[cut.at].lines, "a line was confirmed before it was durable"
        assert chain.bad is None, chain.bad
        assert tuple(chain.links[:synced]) == self._story.links[:synced]
        return chain

    def _names_tell_the_truth(self, chain: Chain) -> None:
        """Sealed means whole; and where there is a picture, the log has known the header before."""
        frames = self._frames()
        trace = self._trace(chain)
        if self._vault.recordings() and trace.erasure is Erasure.NONE:
            assert frames == self._story.frames, "called sealed and not whole"
        if trace.is_sealed and trace.erasure is Erasure.NONE:
            assert self._vault.recordings(), "logged as sealed, and not by that name"
        if frames:
            with closing(os.fdopen(self._vault.open(self._story.recording_id).fd, "rb")) as file:
                header = self._vault.header(file.fileno())
            assert trace.header_hash == hashlib.sha256(header).hexdigest(), "a picture before its line"

    def _one_story(self, row: Recording, left: dict[str, bytes], floor: int) -> Found:
        assert row.state in (RecordingState.SEALED, RecordingState.INTERRUPTED)
        assert self._vault.parts() or self._vault.recordings(), "a row without its file"
        frames = self._frames()
        assert frames >= floor, f"{frames} pictures of {floor} that were confirmed"
        if row.state is RecordingState.SEALED:
            manifest = read_manifest(left[f"{row.recording_id}.json"], self._key.public_hex)
            assert manifest.sealed_hash == hashlib.sha256(left[f"{row.recording_id}.mp4.age"]).hexdigest()
            assert frames == row.frames_kept == self._story.frames
        return Found(row.state, frames)

    def _trace(self, chain: Chain) -> Trace:
        return chain.traces.recordings.get(self._story.recording_id, Trace())

    def _frames(self) -> int:
        """How many pictures the recording plays, decoded once for every film that differs; 0 where nothing can be opened."""
        try:
            opened = self._vault.open(self._story.recording_id)
        except NotFound:
            return 0
        try:
            file_key, offset = open_header(self._vault.header(opened.fd), self._story.identity)
            movie = open_movie(opened.fd, file_key, offset, opened.is_sealed)
            data = movie.read_at(0, movie.size)
        except (Truncated, SealBroken):
            return 0
        finally:
            os.close(opened.fd)
        digest = hashlib.sha256(data).digest()
        if digest not in self._played:
            assert decode(data).numbers == [number % 60 for number in range(movie.index.frames)]
            self._played.add(digest)
        return movie.index.frames
