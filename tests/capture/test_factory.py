"""The recording factory makes what a camera would have made, only faster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import factory
from factory import UnsyncedDisk, make_recording
from movies import decode

from capture.container.movie import open_movie
from capture.seal.keys import Identity
from capture.seal.stream import open_header
from capture.vault import Vault
from device.ports import Profile

FACTORY = Path(factory.__file__)


def test_a_recording_has_the_rate_that_was_asked_for(tmp_path: Path) -> None:
    encoded = factory.encode(Profile(640, 360, 30, 8_000_000))
    vault = Vault(tmp_path, UnsyncedDisk())
    recording = make_recording(vault, [Identity.generate().recipient], 60, encoded)
    assert 7_500_000 < vault.open(recording).size * 8 / 60 < 9_000_000


def test_repeated_seconds_decode_without_a_seam(tmp_path: Path) -> None:
    vault, identity = Vault(tmp_path, UnsyncedDisk()), Identity.generate()
    opened = vault.open(make_recording(vault, [identity.recipient], 17, factory.encode()))
    file_key, payload_offset = open_header(vault.header(opened.fd), identity)
    movie = open_movie(opened.fd, file_key, payload_offset, opened.is_sealed)
    seen = decode(movie.read_at(0, movie.size))
    assert seen.numbers == [number % 60 for number in range(17 * 30)]
    assert all(abs(flash - beep) < 0.005 for flash, beep in zip(seen.flashes, seen.beeps, strict=False))
    assert len(seen.flashes) == 17


def test_program_leaves_a_recording_and_the_identity_that_opens_it(tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            FACTORY,
            "--minutes",
            "0.05",
            "--bitrate",
            "400000",
            "--width",
            "320",
            "--height",
            "180",
            "--dir",
            tmp_path,
        ],
        check=True,
        timeout=60,
        capture_output=True,
        cwd="/",
    )
    [path] = tmp_path.glob("*.mp4.age")
    plain = subprocess.run(
        ["/usr/bin/age", "-d", "-i", tmp_path / "identity.txt", path], check=True, capture_output=True, timeout=20
    ).stdout
    assert len(decode(plain).numbers) == 90
