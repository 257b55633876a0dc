"""A family's laptop: a copy of their recording, the identity that opens it, and docs/unseal.py. It has no vigcam."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from factory import SMALL, UnsyncedDisk, encode, make_recording
from sealed_files import SEALED_CHUNK
from unseal_script import Ending, run_script

from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.vault import Vault

SECONDS = 8


@dataclass(frozen=True, slots=True)
class FamilyLaptop:
    """`films` is the folder for what comes out, and empty; `recovery` is the other identity that the recording is sealed to."""

    films: Path
    recording: Path
    identity_file: Path
    identity: Identity
    recovery: Identity

    @property
    def out(self) -> Path:
        return self.films / "film.mp4"

    @property
    def first_chunk(self) -> int:
        """Where the first chunk begins in the file."""
        return parse_header(self.recording.read_bytes()).length + 16

    @property
    def chunks(self) -> int:
        return -((self.first_chunk - self.recording.stat().st_size) // SEALED_CHUNK)

    def chunk(self, number: int) -> slice:
        """Where a chunk lies in the file; the last is shorter than this says."""
        return slice(self.first_chunk + number * SEALED_CHUNK, self.first_chunk + (number + 1) * SEALED_CHUNK)

    def run(self) -> Ending:
        return run_script(self.recording, self.identity_file, self.out)

    def film(self) -> bytes:
        """What comes out of a recording that is complete: its plaintext."""
        ending = self.run()
        assert ending.code == 0, ending
        plain = self.out.read_bytes()
        self.out.unlink()
        return plain

    def refusal(self) -> str:
        """What it says where it refuses: one line, and nothing is left behind or changed."""
        before = {path: path.lstat() for path in self.films.iterdir()}
        ending = self.run()
        assert ending.code == 1, ending
        assert {path: path.lstat() for path in self.films.iterdir()} == before
        assert ending.words.count("\n") == 1
        return ending.words

    def change(self, change: Callable[[bytearray], object]) -> None:
        data = bytearray(self.recording.read_bytes())
        change(data)
        self.recording.write_bytes(data)

    def as_interrupted(self) -> FamilyLaptop:
        """The same recording under the name of one that was never closed."""
        return replace(self, recording=self.recording.rename(self.recording.with_name(self.recording.name + ".part")))


def family_laptop(folder: Path) -> FamilyLaptop:
    """One with eight seconds of film and sound."""
    films, identity_file = folder / "films", folder / "identity.txt"
    films.mkdir()
    identity, recovery = Identity.generate(), Identity.generate()
    identity_file.write_text(f"{identity.encode()}\n")
    recipients = [identity.recipient, recovery.recipient]
    recording = make_recording(Vault(folder, UnsyncedDisk()), recipients, SECONDS, encode(SMALL))
    return FamilyLaptop(films, folder / f"{recording}.mp4.age", identity_file, identity, recovery)
