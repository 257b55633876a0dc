"""docs/unseal.py against the real vault: the film that it finds is the one that vigcam finds, closed or cut anywhere."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from factory import SMALL, UnsyncedDisk, encode, make_recording, repeated
from movies import BytesReader, mux, take_of
from unseal_script import SCRIPT, check_boxes, numbers, opened_by_vigcam, packets, run_script, script

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from capture.errors import Truncated
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.ports import Profile, VideoPacket

SECONDS = 6
KINDS = {
    "sound and pictures": (SMALL, True),
    "pictures alone": (SMALL, False),
    "high bit rate": (Profile(320, 180, 30, 8_000_000, audio_bitrate=48_000), True),
    "low bit rate, padded": (Profile(320, 180, 30, 200_000, audio_bitrate=32_000), True),
}


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder with one closed recording and the file of an identity that opens it."""

    folder: Path
    recording: Path
    identity_file: Path
    identity: Identity
    is_padded: bool

    def cut(self, size: int, tail: bytes = b"") -> Path:
        """The recording as an interrupted one: its first `size` bytes, and what else the file system left behind them."""
        path = self.folder / "cut.mp4.age.part"
        path.write_bytes(self.recording.read_bytes()[:size] + tail)
        return path

    def out(self) -> Path:
        path = self.folder / "out.mp4"
        path.unlink(missing_ok=True)
        return path


@pytest.fixture(scope="module", params=KINDS, ids=str)
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    profile, has_sound = KINDS[request.param]
    folder, identity = tmp_path_factory.mktemp("archive"), Identity.generate()
    recipients = [Identity.generate().recipient, identity.recipient]
    recording = make_recording(Vault(folder, UnsyncedDisk()), recipients, SECONDS, encode(profile, 2, has_sound))
    identity_file = folder / "identity.txt"
    identity_file.write_text(f"# created: 2026-01-01\n{identity.encode()}\n")
    return Archive(folder, folder / f"{recording}.mp4.age", identity_file, identity, profile.bitrate < 1_000_000)


@pytest.mark.promise("P12")
def test_closed_recording_gives_every_picture_and_all_sound_of_vigcam(archive: Archive) -> None:
    out = archive.out()
    ending = run_script(archive.recording, archive.identity_file, out)
    assert (ending.code, ending.words) == (0, f"complete: {SECONDS}.0 seconds are in {out}\n")
    film = opened_by_vigcam(archive.recording, archive.identity)
    assert film is not None
    assert packets(out.read_bytes()) == packets(film)
    assert numbers(out.read_bytes()) == [number % 60 for number in range(SECONDS * 30)]
    assert (b"free" in out.read_bytes()) == archive.is_padded


@pytest.mark.promise("P8")
def test_recording_cut_anywhere_gives_what_vigcam_salvages_whatever_lies_behind(archive: Archive) -> None:
    size, rng, kept = archive.recording.stat().st_size, random.Random(7), 0
    for number in range(18):
        tail = (b"", bytes(rng.randrange(200_000)), rng.randbytes(rng.randrange(200_000)))[number % 3]
        sealed, out = archive.cut(rng.randrange(1_000, size), tail), archive.out()
        ending = run_script(sealed, archive.identity_file, out)
        film = opened_by_vigcam(sealed, archive.identity)
        if film is None:
            assert (ending.code, out.exists()) == (1, False)
            assert "before a single picture" in ending.words
            continue
        kept += 1
        assert ending.code == 3
        assert ending.words.startswith("interrupted")
        check_boxes(out.read_bytes())
        assert packets(out.read_bytes()) == packets(film)
    assert kept > 3


@pytest.mark.promise("P8")
def test_take_that_was_never_closed_decodes_from_its_first_picture_on(tmp_path: Path) -> None:
    encoded, identity = encode(SMALL), Identity.generate()
    part = Vault(tmp_path, UnsyncedDisk()).begin(new_recording_id(), [identity.recipient])
    writer = TakeWriter(part, SMALL, SystemClock())
    assert encoded.audio_format is not None
    writer.audio_format(encoded.audio_format)
    for packet in repeated(encoded, 4):
        if isinstance(packet, VideoPacket):
            writer.video(packet)
        else:
            writer.audio(packet)
    part.abandon()
    (sealed,) = tmp_path.glob("*.part")
    (tmp_path / "identity").write_text(identity.encode())
    out = tmp_path / "out.mp4"
    assert run_script(sealed, tmp_path / "identity", out).code == 3
    seen = numbers(out.read_bytes())
    assert seen == [number % 60 for number in range(len(seen))]
    assert len(seen) > 3 * 30


def test_players_read_what_was_cut_without_a_word(archive: Archive) -> None:
    for share in (0.45, 0.9):
        out = archive.out()
        assert run_script(archive.cut(int(archive.recording.stat().st_size * share)), archive.identity_file, out).code == 3
        command = ["/usr/bin/ffmpeg", "-v", "warning", "-i", out, "-f", "null", "-"]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert told.stderr == ""


@pytest.mark.parametrize("has_sound", [True, False], ids=["sound", "no sound"])
def test_film_torn_at_any_byte_keeps_the_very_samples_that_the_index_finds(has_sound: bool) -> None:
    """Sealed chunks end in a few places only: here the plaintext ends in every kind of place of a fragment and beyond."""
    encoded = encode(SMALL, 2, has_sound)
    film = mux(encoded, take_of(encoded, 2), encoded.audio_format)
    moof = film.index(b"moof", film.index(b"moof") + 4) - 4
    following = film.index(b"moof", moof + 8) - 4
    edges = [film.index(kind, moof) + step for kind in (b"moof", b"mfhd", b"trun", b"mdat") for step in (-5, -4, 0, 3, 4, 5)]
    rng = random.Random(11)
    for size in [*edges, *range(following - 30, following + 9, 3), *(rng.randrange(len(film)) for _ in range(40))]:
        assert kept_by_script(film[:size]) == kept_by_index(film[:size]), size


def kept_by_script(film: bytes) -> list[object]:
    file = io.BytesIO(film)
    end, seconds, is_whole = script().keep_whole_samples(file, len(film))
    assert not is_whole
    check_boxes(file.getvalue()[:end])
    return [] if not seconds else list(packets(file.getvalue()[:end]))


def kept_by_index(film: bytes) -> list[object]:
    reader = BytesReader(film)
    try:
        view = ProgressiveMp4(reader, load_index(reader))
    except Truncated:
        return []
    return list(packets(view.read_at(0, view.size)))


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    """Judged by what the kernel saw of two runs, one of them over a recording 30 MB longer."""
    encoded, identity = encode(KINDS["high bit rate"][0]), Identity.generate()
    (tmp_path / "identity").write_text(identity.encode())
    peaks = []
    for seconds in (2, 32):
        recording = make_recording(Vault(tmp_path, UnsyncedDisk()), [identity.recipient], seconds, encoded)
        peaks.append(peak_kb(tmp_path / f"{recording}.mp4.age", tmp_path / "identity", tmp_path / f"{seconds}.mp4"))
    assert (tmp_path / "32.mp4").stat().st_size > 30 << 20
    assert peaks[1] - peaks[0] < 4 << 10


PEAK = """
import runpy, sys
try:
    runpy.run_path(sys.argv[1], run_name="script")["main"](sys.argv[2:])
finally:
    print(open("/proc/self/status").read())
"""
"""Asked from inside: what a parent is told of a child's peak is at least its own."""


def peak_kb(*words: Path) -> int:
    command = [sys.executable, "-c", PEAK, SCRIPT, *words]
    status = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    return int(status.partition("VmHWM:")[2].split()[0])
