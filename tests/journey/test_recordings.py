"""What becomes of a recording on a real daemon: opened, taken over, erased by a press, and vouched for by the log."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import av
import pyrage
import pytest
from capture_box import CaptureBox, wait_until

from capture import messages as m
from capture.container.movie import open_movie
from capture.errors import NotErasable, NotFound, SealBroken, TooManyAttempts, TransferMismatch, Truncated
from capture.seal.small import unseal_with_passphrase
from device.witness import examine


def _filmed(box: CaptureBox, seconds: float = 2.5) -> str:
    box.ready()
    box.arm(*box.family())
    return box.film(seconds)


def _open(box: CaptureBox, recording_id: str, purpose: str = "review") -> tuple[m.Opened, int]:
    verb = m.OpenRecording(session=box.session, recording_id=recording_id, purpose=purpose)
    return box.client.call_with_descriptor(verb, m.Opened)


def _found(box: CaptureBox, recording_id: str) -> m.RecordingFound:
    return box.client.call(m.GetRecording(session=box.session, recording_id=recording_id), m.RecordingFound)


def _identity(box: CaptureBox) -> str:
    sealed = (box.folder / "keyrings" / f"{box.username}.age").read_bytes()
    plain = unseal_with_passphrase(sealed, box.passphrase).decode()
    return next(part for part in plain.split('"') if part.startswith("AGE-SECRET-KEY-1"))


@pytest.mark.promise("P11")
def test_every_picture_is_there_once_and_in_order_with_its_sound_beside_it(box: CaptureBox, tmp_path: Path) -> None:
    recording_id = _filmed(box, 4)
    opened, descriptor = _open(box, recording_id)
    movie = open_movie(descriptor, opened.file_key, opened.payload_offset, opened.is_sealed)
    copy = tmp_path / "film.mp4"
    copy.write_bytes(movie.read_at(0, movie.size))
    os.close(descriptor)
    seen = examine(copy)
    recording = opened.recording
    assert recording.frames_kept == seen.frames
    assert recording.frames_generated >= recording.frames_kept
    assert seen.counters_ok
    assert seen.av_offset_ms is not None
    assert abs(seen.av_offset_ms) < 40


def test_the_sealed_file_opens_with_age_and_with_pyrage(box: CaptureBox, tmp_path: Path) -> None:
    recording_id = _filmed(box)
    sealed = box.folder / "vault" / f"{recording_id}.mp4.age"
    key = tmp_path / "key.txt"
    key.write_text(_identity(box) + "\n")
    by_age = subprocess.run(["age", "-d", "-i", str(key), str(sealed)], capture_output=True, check=True).stdout
    by_pyrage = pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(_identity(box))])
    assert by_age == by_pyrage
    by_recovery = pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(box.recovery.encode())])
    assert by_recovery == by_age
    with av.open(io.BytesIO(by_age)) as container:
        assert sum(1 for _ in container.decode(video=0)) == _found(box, recording_id).recording.frames_kept


@pytest.mark.promise("P7")
def test_who_takes_the_sealed_file_gets_no_key(box: CaptureBox) -> None:
    recording_id = _filmed(box)
    opened, descriptor = _open(box, recording_id, "sealed")
    data = os.pread(descriptor, 1 << 26, 0)
    os.close(descriptor)
    assert opened.file_key == b""
    assert hashlib.sha256(data).hexdigest() == opened.sealed_hash


@pytest.mark.promise("P10")
def test_opening_is_in_the_log_before_the_descriptor_is_out_and_is_rate_limited(box: CaptureBox) -> None:
    recording_id = _filmed(box)
    _, descriptor = _open(box, recording_id)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(descriptor, b"x")
    os.close(descriptor)
    assert f'"recording":"{recording_id}"' in (box.folder / "audit.log").read_text().splitlines()[-1]

    def often() -> None:
        for _ in range(60):
            _, each = _open(box, recording_id)
            os.close(each)

    with pytest.raises(TooManyAttempts):
        often()


@pytest.mark.promise("P9")
def test_erasing_takes_a_press_and_words_for_what_was_not_taken_over(box: CaptureBox) -> None:
    recording_id = _filmed(box)
    sealed = box.folder / "vault" / f"{recording_id}.mp4.age"
    with pytest.raises(NotErasable):
        box.client.call(m.EraseBegin(session=box.session, recording_ids=(recording_id,)), m.EraseWaiting)
    verb = m.EraseBegin(session=box.session, recording_ids=(recording_id,), words=recording_id)
    waiting = box.client.call(verb, m.EraseWaiting)
    assert sealed.exists()
    box.press()

    def look() -> m.Erased | None:
        answer = box.client.call(m.ErasePoll(session=box.session, ask_id=waiting.ask_id), m.Answer)
        return answer if isinstance(answer, m.Erased) else None

    assert wait_until(look).recording_ids == (recording_id,)
    assert list((box.folder / "vault").iterdir()) == []
    assert _found(box, recording_id).recording.state.value == "erased"
    with pytest.raises(NotFound):
        _open(box, recording_id)
    assert _vigcam(box, "audit", "verify").returncode == 0


@pytest.mark.promise("P9")
def test_a_wrong_hash_confirms_no_transfer_and_the_right_one_frees_the_film_for_erasing(box: CaptureBox) -> None:
    recording_id = _filmed(box)
    wrong = m.ConfirmTransfer(session=box.session, recording_id=recording_id, received_bytes=1, sealed_hash="0" * 64)
    with pytest.raises(TransferMismatch):
        box.client.call(wrong, m.Done)
    assert not _found(box, recording_id).recording.is_transferred
    found = _found(box, recording_id)
    verb = m.ConfirmTransfer(
        session=box.session,
        recording_id=recording_id,
        received_bytes=found.recording.sealed_bytes,
        sealed_hash=found.sealed_hash,
    )
    box.client.call(verb, m.Done)
    assert _found(box, recording_id).recording.is_transferred
    box.client.call(m.EraseBegin(session=box.session, recording_ids=(recording_id,)), m.EraseWaiting)


@pytest.mark.promise("P10")
def test_the_log_of_a_whole_visit_verifies_and_one_changed_bit_is_named(box: CaptureBox) -> None:
    recording_id = _filmed(box)
    box.stop()
    assert _vigcam(box, "audit", "verify").returncode == 0
    log = box.folder / "audit.log"
    good = log.read_bytes()
    at = good.index(b"consent_given") + 8
    log.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
    spoilt = _vigcam(box, "audit", "verify")
    assert spoilt.returncode == 3
    line = good[:at].count(b"\n") + 1
    assert str(line) in spoilt.stderr + spoilt.stdout
    log.write_bytes(good)
    manifest = box.folder / "vault" / f"{recording_id}.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"stop_reason":"press"', b'"stop_reason":"limit"'))
    assert _vigcam(box, "audit", "verify").returncode == 3


def _vigcam(box: CaptureBox, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("vigcam")), *words, "--dir", str(box.folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.promise("P8")
def test_an_interrupted_recording_plays_up_to_the_cut(box: CaptureBox, tmp_path: Path) -> None:
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    recording_id = box.wait_for("recording").recording_id
    filmed = wait_until(lambda: box.status().filmed_s if box.status().filmed_s > 3 else 0)
    box.kill()
    box.start()
    box.sign_in()
    opened, descriptor = _open(box, recording_id)
    assert not opened.is_sealed
    movie = open_movie(descriptor, opened.file_key, opened.payload_offset, opened.is_sealed)
    copy = tmp_path / "rest.mp4"
    copy.write_bytes(movie.read_at(0, movie.size))
    os.close(descriptor)
    seen = examine(copy)
    assert seen.counters_ok
    # 4 Mbit/s loses a little more than 8 (docs/sealed-format.md): a fragment, a chunk of 64 KiB, and the time to ask.
    assert seen.frames / 30 > filmed - 1.0
    counted = _found(box, recording_id).recording
    assert counted == opened.recording, "from its first opening on the box knows what is left"
    assert (counted.frames_kept, counted.duration_ms) == (seen.frames, movie.index.duration_ms)
    assert counted.frames_generated >= counted.frames_kept


@pytest.mark.promise("P8")
def test_each_way_in_which_nothing_is_left_is_told_and_the_file_can_still_be_taken(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    recording_id = box.wait_for("recording").recording_id
    wait_until(lambda: box.status().filmed_s > 1)
    box.kill()
    box.start()
    box.sign_in()
    part = box.folder / "vault" / f"{recording_id}.mp4.age.part"
    whole = part.read_bytes()
    for left, reasons in (
        (b"", ("empty_file",)),
        (bytes(70_000), ("empty_file",)),
        (whole[:90], ("header_cut",)),
        (whole[:400], ("nothing_whole",)),
        (b"anything" * 99, ("foreign_file",)),
    ):
        part.write_bytes(left)
        with pytest.raises((Truncated, SealBroken)) as refusal:
            _open(box, recording_id)
        assert refusal.value.reasons == reasons
        opened, descriptor = _open(box, recording_id, "sealed")
        assert (opened.file_key, os.read(descriptor, 200_000)) == (b"", left)
        os.close(descriptor)
