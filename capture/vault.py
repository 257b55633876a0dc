"""The vault: one sealed file for each recording, its signed manifest and its poster beside it. Holds no key but while filming.

Every name is a random id. A file is created, never overwritten; `.part` until it is closed; made durable with its folder at each
step. Nothing is erased but by `erase`, which the caller has had confirmed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.errors import BadRequest, BoxUnusable, NotErasable, NotFound, SealBroken, VaultFull, VigcamError
from capture.ids import RecordingId, recording_id
from capture.model import ErasureMethod
from capture.plain_file import open_plain, read_plain
from capture.seal.header import read_header
from capture.seal.keys import Recipient
from capture.seal.stream import make_header, new_file_key
from capture.take.sealed_part import SealedPart
from device.ports import Disk

_SEALED = ".mp4.age"
_PART = ".mp4.age.part"
_MANIFEST = ".json"
_TEMPORARY = ".json.new"

_HEADER_BYTES = 65_536
"""No header of ours is longer; as much is overwritten when a recording is erased, the payload's nonce with it."""
_MANIFEST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A recording open for reading: `fd` is the caller's to close; `is_sealed` false for an interrupted one; `size` in bytes."""

    fd: int
    is_sealed: bool
    size: int


class Vault:
    """The recordings in `folder`. Raises VaultFull where there is no room, BoxUnusable for any other trouble with the disk."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self.changing = threading.RLock()
        """Held by whoever changes or removes a closed recording's files, for as long as they are of two minds. Waits for a disk;
        whoever needs the catalogue's lock too takes this one first."""

    def begin(self, recording: RecordingId, recipients: Sequence[Recipient]) -> SealedPart:
        """Create `<id>.mp4.age.part`, its header durable before this returns. Raises also where the id was used before."""
        file_key = new_file_key()
        header = make_header(file_key, recipients)
        with _as_refusal():
            if self._path(recording, _SEALED).exists():
                raise FileExistsError(errno.EEXIST, "the recording exists")
            path = self._path(recording, _PART)
            fd = self._disk.create(path)
            try:
                part = SealedPart(recording, path, fd, self._disk, file_key=file_key, header=header)
                self._disk.sync_folder(self._folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    self._disk.close(fd)
                with contextlib.suppress(OSError):
                    self._disk.unlink(path)
                raise
            return part

    def publish(self, part: SealedPart) -> None:
        """Give a finished recording its final name, durably."""
        assert part.is_finished, "only a file with its final chunk may be called sealed"
        sealed = self._path(part.recording, _SEALED)
        with _as_refusal():
            if sealed.exists():
                raise FileExistsError(errno.EEXIST, "the recording exists")
            self._disk.rename(part.path, sealed)
            self._disk.sync_folder(self._folder)

    def discard(self, part: SealedPart) -> None:
        """Take back a part into which nothing was filmed. Raises NotErasable once a chunk of footage has reached the disk."""
        part.abandon()
        if part.has_footage:
            raise NotErasable("footage is erased by an explicit act only")
        with _as_refusal():
            self._disk.unlink(part.path)
            self._disk.sync_folder(self._folder)

    def write_manifest(self, recording: RecordingId, signed: bytes) -> None:
        """Put the signed manifest beside the recording, whole or not at all."""
        new = self._path(recording, _TEMPORARY)
        with _as_refusal():
            with contextlib.suppress(FileNotFoundError):
                self._disk.unlink(new)  # left by a power cut in the middle of this
            fd = self._disk.create(new)
            try:
                self._disk.write(fd, signed)
                self._disk.sync(fd)
            finally:
                self._disk.close(fd)
            self._disk.rename(new, self._path(recording, _MANIFEST))
            self._disk.sync_folder(self._folder)

    def read_manifest(self, recording: RecordingId) -> bytes:
        """The signed bytes, not yet verified. Raises NotFound, SealBroken if longer than any manifest."""
        with _as_refusal():
            try:
                return read_plain(self._path(recording, _MANIFEST), _MANIFEST_BYTES)
            except OSError as error:
                if error.errno == errno.EFBIG:
                    raise SealBroken from error
                raise

    def open(self, recording: RecordingId) -> OpenedFile:
        """Open read-only and close-on-exec, sealed or interrupted. Raises NotFound; BoxUnusable where something else than a file
        has its name."""
        with _as_refusal():
            for suffix, is_sealed in ((_SEALED, True), (_PART, False)):
                with contextlib.suppress(FileNotFoundError):
                    fd = open_plain(self._path(recording, suffix))
                    return OpenedFile(fd, is_sealed, os.fstat(fd).st_size)
        raise NotFound

    def size(self, recording: RecordingId) -> int:
        """Of its file, sealed or interrupted. Raises NotFound, also where something else than a file has its name."""
        with _as_refusal():
            for suffix in (_SEALED, _PART):
                with contextlib.suppress(FileNotFoundError):
                    found = self._path(recording, suffix).lstat()
                    if stat.S_ISREG(found.st_mode):
                        return found.st_size
        raise NotFound

    def header(self, fd: int) -> bytes:
        """The age header of an opened recording, up to and with its MAC line. Raises SealBroken, Truncated if it is cut off."""
        with _as_refusal():
            return read_header(fd)

    def replace_header(self, recording: RecordingId, header: bytes) -> None:
        """Put another age header in the place of the one that is there, durably; nothing behind it moves. Raises NotFound.

        Cut in the middle, nobody opens the file until the same is done again: the caller has written `header` down elsewhere.
        """
        with _as_refusal():
            path = self._path(recording, _SEALED)
            fd = self._disk.overwrite(path if path.exists() else self._path(recording, _PART))
            try:
                self._disk.write(fd, header)
                self._disk.sync(fd)
            finally:
                self._disk.close(fd)

    def parts(self) -> list[RecordingId]:
        """The recordings that were never closed; with nobody filming, all of them are interrupted."""
        return self._ids(_PART)

    def recordings(self) -> list[RecordingId]:
        """The recordings that were closed."""
        return self._ids(_SEALED)

    def erase(self, recording: RecordingId) -> ErasureMethod:
        """Make a recording unreadable, then remove it and all that goes by its id: poster, clips, manifest. Raises NotFound if
        there is nothing left.

        The headers go first: without one nobody can open what a flash cell may still hold. A file is cut to nothing before its
        name goes, so that whoever holds it open holds nothing. May be repeated after a failure.
        """
        with self.changing, _as_refusal():
            left = self._all_of(recording)
            if not left:
                self._disk.sync_folder(self._folder)  # what removed it may have got no further
                raise NotFound
            for path in left:
                if _is_plain(path):  # whatever a link leads to is not ours
                    self._overwrite_header(path)
            for path in left:
                self._disk.unlink(path)
            self._disk.sync_folder(self._folder)
        is_film_there = any(path.name.endswith((_SEALED, _PART)) for path in left)
        return ErasureMethod.HEADER_OVERWRITTEN if is_film_there else ErasureMethod.FOUND_GONE

    def settle(self) -> None:
        """Make durable what a killed process left, as it lies: it may be in the system's cache alone, and what is said of it
        would not survive a power cut. Alters no file."""
        with _as_refusal():
            self._disk.sync_folder(self._folder)
            for path in (self._path(recording, _PART) for recording in self.parts()):
                if not _is_plain(path):
                    continue  # no film of ours
                fd = self._disk.overwrite(path)  # opened to be synced alone
                try:
                    self._disk.sync(fd)
                finally:
                    self._disk.close(fd)

    def free_bytes(self) -> int:
        """Room left for an unprivileged writer."""
        with _as_refusal():
            return self._disk.free_bytes(self._folder)

    def _path(self, recording: RecordingId, suffix: str) -> Path:
        return self._folder / f"{recording_id(recording)}{suffix}"

    def _all_of(self, recording: RecordingId) -> list[Path]:
        """Every file of a recording, whichever version of this software made it; the film first. A folder is none: it holds
        nothing that was filmed here, and must not keep a film from being erased."""
        begin = f"{recording_id(recording)}."
        with os.scandir(self._folder) as entries:
            named = [entry for entry in entries if entry.name.startswith(begin)]
        found = [self._folder / entry.name for entry in named if not entry.is_dir(follow_symlinks=False)]
        return sorted(found, key=lambda path: (not path.name.endswith((_SEALED, _PART)), path.name))

    def _ids(self, suffix: str) -> list[RecordingId]:
        found = []
        with _as_refusal():
            # Names, not paths: each start asks three times, of perhaps ten thousand files.
            with os.scandir(self._folder) as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith(suffix))
            for name in names:
                with contextlib.suppress(BadRequest):
                    found.append(recording_id(name.removesuffix(suffix)))
        return found

    def _overwrite_header(self, path: Path) -> None:
        fd = self._disk.overwrite(path)
        try:
            self._disk.write(fd, secrets.token_bytes(min(_HEADER_BYTES, os.fstat(fd).st_size)))
            self._disk.sync(fd)
            self._disk.truncate(fd)
            self._disk.sync(fd)
        finally:
            self._disk.close(fd)


def _is_plain(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


@contextlib.contextmanager
def _as_refusal() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound from error
    except OSError as error:
        raise _refusal(error) from error


def _refusal(error: OSError) -> VigcamError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return VaultFull()
    return BoxUnusable(f"vault: {errno.errorcode.get(error.errno or 0, 'unknown')}")
