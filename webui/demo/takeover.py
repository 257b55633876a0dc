"""Takes a recording over from the page to the laptop, in ranges and resuming, and has its hash checked at both ends."""

from __future__ import annotations

import hashlib
import http.client
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from webui.demo.laptop import Laptop
from webui.demo.trouble import DemoFailed

_BLOCK = 262_144
_RANGE_COUNT = 4
"""A short film too is taken in several requests: what a lost connection leads to must work."""


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file that arrived whole."""

    path: Path
    size: int
    sha256: str
    requests: int


@dataclass(frozen=True, slots=True)
class TakenRecording:
    """The film as an ordinary MP4, and the sealed file as it lies in the vault."""

    mp4: TakenFile
    sealed: TakenFile
    marked: str
    """The moments marked while filming, as the recording's page shows them: minutes and seconds."""


class Takeover:
    """Downloads into `out`."""

    def __init__(self, laptop: Laptop, out: Path) -> None:
        self._laptop = laptop
        self._out = out

    def take(self, recording_id: str) -> TakenRecording:
        """Both files, each held against the box's own hash, then the box is told. Raises DemoFailed."""
        at = f"/recordings/{recording_id}"
        mp4 = self._download(f"{at}/video.mp4", self._out / f"{recording_id}.mp4")
        box = self._laptop.get(f"{at}/hash", {"Accept": "application/json"})
        if (box.text("mp4_sha256"), box.number("mp4_bytes")) != (mp4.sha256, mp4.size):
            raise DemoFailed("what arrived is not what the box holds: the films' hashes differ")
        self._laptop.page(at)
        self._laptop.post(f"{at}/taken-over", {"mp4_sha256": mp4.sha256, "received_bytes": str(mp4.size)})
        sealed = self._download(f"{at}/sealed.age", self._out / f"{recording_id}.mp4.age")
        if box.text("sealed_sha256") != sealed.sha256:
            raise DemoFailed("what arrived is not what the box holds: the sealed files' hashes differ")
        page = self._laptop.page(at)
        if not page.fact("Taken over").startswith("Yes"):
            raise DemoFailed("the box does not remember that its recording was taken over")
        return TakenRecording(mp4, sealed, page.fact("Marked moments"))

    def _download(self, path: str, target: Path) -> TakenFile:
        """By ranges; the second one is broken off in its middle and resumed, as a phone leaving the Wi-Fi would."""
        part = target.with_name(target.name + ".part")
        total = self._size(path)
        step = max(1, -(-total // _RANGE_COUNT))
        requests, is_broken_off = 0, False
        part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as file:
            while (start := file.tell()) < total:
                stop = min(start + step, total)
                most = stop - start
                if requests == 1 and not is_broken_off:
                    most, is_broken_off = max(1, most // 2), True
                with self._laptop.stream(path, start, stop) as response:
                    self._check_range(response, start, stop, total)
                    self._copy(response, file.write, most)
                requests += 1
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
        return TakenFile(target, total, _sha256(target), requests)

    def _size(self, path: str) -> int:
        with self._laptop.stream(path, 0, 1) as response:
            total = response.headers["Content-Range"].rpartition("/")[2]
            if response.read() == b"" or not total.isdigit():
                raise DemoFailed(f"{path} does not say how long it is")
            return int(total)

    @staticmethod
    def _copy(response: http.client.HTTPResponse, write: Callable[[bytes], object], most: int) -> None:
        while most > 0 and (block := response.read(min(_BLOCK, most))):
            write(block)
            most -= len(block)

    @staticmethod
    def _check_range(response: http.client.HTTPResponse, start: int, stop: int, total: int) -> None:
        if response.headers["Content-Range"] != f"bytes {start}-{stop - 1}/{total}":
            raise DemoFailed(f"the box answered another range: {response.headers['Content-Range']}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
