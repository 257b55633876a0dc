"""A disk that does everything for real and writes down what it was asked, byte for byte: the tape of a power cut's replay.

The tape holds what the operating system was told, in order; `tests/disk_replay.py` says what a card may have kept of it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from device.ports import Disk

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Create:
    """`file` is the number of a new, empty file; a file keeps its number whatever it is called."""

    path: Path
    file: int


@dataclass(frozen=True, slots=True)
class Rename:
    old: Path
    new: Path


@dataclass(frozen=True, slots=True)
class Unlink:
    path: Path


@dataclass(frozen=True, slots=True)
class Write:
    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: int


@dataclass(frozen=True, slots=True)
class SyncFile:
    file: int


@dataclass(frozen=True, slots=True)
class SyncFolder:
    folder: Path


NameStep = Create | Rename | Unlink
DataStep = Write | Truncate
Step = NameStep | DataStep | SyncFile | SyncFolder


@dataclass
class Tape(Generic[Seen]):
    """`files` and `names` are the disk as it durably was below `root`; `before[i]` is what the witness saw just before
    `steps[i]`, the last one what it saw at the end."""

    root: Path
    files: dict[int, bytes] = field(default_factory=dict)
    names: dict[Path, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    before: list[Seen] = field(default_factory=list)


class RecordingDisk(Generic[Seen]):
    """A `ports.Disk` over a real one. One step at a time, so that the tape's order is the true one.

    Failed steps are not on the tape: for them there is `FaultyDisk`. What was there when `roll` was called counts as durable.
    """

    def __init__(self, real: Disk) -> None:
        self._real = real
        self._turn = threading.RLock()
        self._open: dict[int, tuple[int, int]] = {}
        """Of each descriptor the file and where it writes next."""
        self._names: dict[Path, int] = {}
        self._sizes: dict[int, int] = {}
        self._tape: Tape[Seen] | None = None
        self._witness: Callable[[], Seen] | None = None

    def roll(self, root: Path, paths: Sequence[Path], witness: Callable[[], Seen]) -> Tape[Seen]:
        """Begin a tape; these files below `root` are its beginning. `witness` is asked before every step."""
        with self._turn:
            tape: Tape[Seen] = Tape(root)
            for path in paths:
                file = self._file(path)
                tape.names[path], tape.files[file] = file, path.read_bytes()
                self._sizes[file] = len(tape.files[file])
            self._tape, self._witness = tape, witness
            return tape

    def stop(self) -> None:
        """The last thing the witness says is for a cut behind the last step."""
        with self._turn:
            if self._tape is not None and self._witness is not None:
                self._tape.before.append(self._witness())
            self._tape = None

    def create(self, path: Path) -> int:
        with self._step() as note:
            fd = self._real.create(path)
            self._names.pop(path, None)
            self._open[fd] = self._file(path), 0
            note(Create(path, self._open[fd][0]))
            return fd

    def append(self, path: Path) -> int:
        with self._step() as note:
            is_new = not path.exists()
            fd = self._real.append(path)
            file = self._file(path)
            self._open[fd] = file, os.fstat(fd).st_size
            if is_new:
                note(Create(path, file))
            return fd

    def overwrite(self, path: Path) -> int:
        with self._turn:
            fd = self._real.overwrite(path)
            self._open[fd] = self._file(path), 0
            return fd

    def write(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        with self._step() as note:
            self._real.write(fd, data)
            file, offset = self._open[fd]
            kept = bytes(data)
            self._open[fd] = file, offset + len(kept)
            note(Write(file, offset, kept))

    def write_all(self, fd: int, parts: Sequence[bytes | bytearray | memoryview]) -> None:
        for part in parts:
            self.write(fd, part)

    def truncate(self, fd: int) -> None:
        with self._step() as note:
            self._real.truncate(fd)
            note(Truncate(self._open[fd][0]))

    def sync_data(self, fd: int) -> None:
        self.sync(fd)

    def sync(self, fd: int) -> None:
        with self._step() as note:
            self._real.sync(fd)
            note(SyncFile(self._open[fd][0]))

    def sync_folder(self, folder: Path) -> None:
        with self._step() as note:
            self._real.sync_folder(folder)
            note(SyncFolder(folder))

    def close(self, fd: int) -> None:
        with self._turn:
            self._open.pop(fd)
            self._real.close(fd)

    def rename(self, old: Path, new: Path) -> None:
        with self._step() as note:
            self._real.rename(old, new)
            self._names[new] = self._names.pop(old)
            note(Rename(old, new))

    def unlink(self, path: Path) -> None:
        with self._step() as note:
            self._real.unlink(path)
            self._names.pop(path, None)
            note(Unlink(path))

    def free_bytes(self, folder: Path) -> int:
        return self._real.free_bytes(folder)

    def _file(self, path: Path) -> int:
        file = self._names.get(path)
        if file is None:
            file = self._names[path] = len(self._sizes)
            self._sizes[file] = 0
        return file

    @contextmanager
    def _step(self) -> Iterator[Callable[[Step], None]]:
        with self._turn:
            seen = self._witness() if self._tape is not None and self._witness is not None else None

            def note(step: Step) -> None:
                if self._tape is not None:
                    self._tape.before.append(seen)  # type: ignore[arg-type]  # there is a witness where there is a tape
                    self._tape.steps.append(step)

            yield note
