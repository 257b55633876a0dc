"""A recording while it is written: plaintext in, sealed chunks onto the disk. Holds the file key in RAM and gives it to nobody.

After the first error it is over: a second writer on one key would betray both. What reached the disk stays, as an interrupted
recording.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from capture.ids import RecordingId
from capture.seal.stream import ChunkSealer
from device.ports import Disk


class SealedPart:
    """One `<id>.mp4.age.part`. Made by the vault alone. Not for several threads at once. All methods raise OSError."""

    def __init__(self, recording: RecordingId, path: Path, fd: int, disk: Disk, *, file_key: bytes, header: bytes) -> None:
        """Writes the header, durably, and the payload's nonce. `fd` is this part's from now on."""
        self.recording = recording
        self.path = path
        self.header_hash = hashlib.sha256(header).hexdigest()
        """SHA-256 of the age header, hex: it goes into the log before the first picture."""
        self.sealed_bytes = 0
        self._disk = disk
        self._fd: int | None = fd
        self._hash = hashlib.sha256()
        self._is_finished = False
        self._store(memoryview(header))
        disk.sync(fd)
        self._sealer = ChunkSealer(file_key, self._store)
        self._start_bytes = self.sealed_bytes

    @property
    def is_finished(self) -> bool:
        """Whether the final chunk is on the disk: only then may anybody call this recording sealed."""
        return self._is_finished

    @property
    def room(self) -> int:
        """Plaintext bytes until the open chunk is full and leaves."""
        return self._sealer.room

    @property
    def chunks_emitted(self) -> int:
        return self._sealer.chunks_emitted

    @property
    def has_footage(self) -> bool:
        """Whether a chunk has reached the disk."""
        return self.sealed_bytes > self._start_bytes

    @property
    def sealed_hash(self) -> str:
        """SHA-256 of all bytes of the file so far, hex."""
        return self._hash.hexdigest()

    def write(self, data: bytes | memoryview) -> None:
        """Seal all of `data`; full chunks go to the disk, the rest waits for more."""
        self._sealer.write(data)

    def sync(self) -> None:
        """What has left is durable when this returns."""
        self._disk.sync_data(self._open_fd())

    def finish(self, rest: bytes) -> None:
        """Seal `rest` (at least a byte if anything was written before) with the final chunk, durably, and close."""
        self._sealer.finish(rest)
        fd = self._open_fd()
        self._disk.sync(fd)
        self._fd = None
        self._disk.close(fd)
        self._is_finished = True

    def abandon(self) -> None:
        """Close without an end: what is on the disk stays, as an interrupted recording. Never raises; may be repeated."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            # Nothing is claimed of this file any more, and the descriptor is gone whatever close says.
            with contextlib.suppress(OSError):
                self._disk.close(fd)

    def _open_fd(self) -> int:
        if self._fd is None:
            raise OSError("the recording is closed")
        return self._fd

    def _store(self, sealed: memoryview) -> None:
        self._disk.write(self._open_fd(), sealed)
        self._hash.update(sealed)
        self.sealed_bytes += len(sealed)
