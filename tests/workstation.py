"""A practitioner's workstation in tests: a recording taken over, the identity that opens it, and the `vigcam` command there."""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import av
from factory import SMALL, UnsyncedDisk, encode, make_recording, read_number

from capture.seal.keys import Identity
from capture.vault import Vault

VIGCAM = str(Path(sys.executable).with_name("vigcam"))
AGE = "/usr/bin/age"
SECONDS = 6
FRAMES = SECONDS * SMALL.fps


@dataclass(frozen=True, slots=True)
class Desk:
    """A workstation: a recording taken over, the identity that opens it, and the folder where commands run."""

    folder: Path
    recording: Path
    identity: Path
    key: Identity

    def run(self, *words: str | Path, limit_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
        """`vigcam` with these words; `limit_bytes` is the longest file that it may write."""

        def limit() -> None:
            if limit_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

        command = [VIGCAM, *map(str, words)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60, preexec_fn=limit)

    def unseal(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run("unseal", *words, "-i", self.identity)

    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


def film_recording(folder: Path) -> tuple[Path, Identity]:
    """A recording in the vault `folder`, to be made once for many tests, and the identity that opens it."""
    key = Identity.generate()
    recipients = [key.recipient, Identity.generate().recipient]
    recording = make_recording(Vault(folder, UnsyncedDisk()), recipients, SECONDS, encode(SMALL))
    return folder / f"{recording}.mp4.age", key


def make_desk(folder: Path, filmed: tuple[Path, Identity]) -> Desk:
    """A workstation in `folder` with a copy of what was filmed; its identity file holds a stranger's key besides."""
    source, key = filmed
    taken, desk = folder / "taken", folder / "desk"
    taken.mkdir()
    desk.mkdir()
    recording, identity = taken / source.name, taken / "identity.txt"
    recording.write_bytes(source.read_bytes())
    identity.write_text(f"# a comment\n\n{Identity.generate().encode()}\n{key.encode()}\n")
    return Desk(desk, recording, identity, key)


def counters(film: Path) -> list[int]:
    """The number drawn into each picture of a film."""
    with av.open(str(film)) as container:
        return [read_number(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]
