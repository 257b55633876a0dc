"""A real daemon on a catalogue from before a film: the film is seen, stays shut, and can be erased. None is lost from sight."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until
from click.testing import CliRunner

from capture import messages as m
from capture.cli.audit import audit
from capture.errors import ConsentMissing, NotFound
from capture.model import Purpose, Recording, RecordingState, StopReason


def verify(box: CaptureBox) -> tuple[int, str]:
    done = CliRunner().invoke(audit, ["verify", "--dir", str(box.folder)])
    return done.exit_code, done.output


def listed(box: CaptureBox) -> tuple[Recording, ...]:
    return box.client.call(m.ListRecordings(session=box.session), m.RecordingList).recordings


def put_back(box: CaptureBox, before: bytes) -> None:
    for name in ("catalogue.sqlite-wal", "catalogue.sqlite-shm"):
        (box.folder / name).unlink(missing_ok=True)
    (box.folder / "catalogue.sqlite").write_bytes(before)


@pytest.fixture
def lost(box: CaptureBox) -> tuple[CaptureBox, str, str]:
    """A box whose catalogue knows neither of a film nor of its case; and the ids of both."""
    box.ready()
    box.stop()
    before = (box.folder / "catalogue.sqlite").read_bytes()
    box.start()
    box.sign_in()
    case, adult, child = box.family()
    box.arm(case, adult, child)
    film = box.film(1.0)
    box.stop()
    put_back(box, before)
    box.start()
    box.sign_in()
    return box, film, case


@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_a_film_that_the_catalogue_had_lost_is_seen_and_the_log_tells_of_it(
    lost: tuple[CaptureBox, str, str],
) -> None:
    box, film, case = lost
    [found] = listed(box)
    assert (found.recording_id, found.case, found.state, found.stop_reason) == (
        film,
        case,
        RecordingState.SEALED,
        StopReason.PRESS,
    )
    assert found.frames_kept == found.frames_generated > 0
    for _ in range(2):
        box.stop()
        code, words = verify(box)
        assert code == 0, words
        assert "the catalogue remembered no more than line" in words
        box.start()
    assert (box.folder / "audit.log").read_text().count('"event":"recording_adopted"') == 1


@pytest.mark.promise("P3")
def test_a_film_that_the_catalogue_had_lost_stays_shut_for_every_purpose(lost: tuple[CaptureBox, str, str]) -> None:
    box, film, _ = lost
    for purpose in Purpose:
        verb = m.OpenRecording(session=box.session, recording_id=film, purpose=purpose)
        with pytest.raises(NotFound):  # its case is lost as well
            box.client.call_with_descriptor(verb, m.Opened)
    refusals = box.client.call(m.GetRecording(session=box.session, recording_id=film), m.RecordingFound).refusals
    assert {refusal.purpose for refusal in refusals} == set(Purpose)


@pytest.mark.promise("P9")
def test_a_film_that_the_catalogue_had_lost_is_erased_by_its_words_and_a_press(lost: tuple[CaptureBox, str, str]) -> None:
    box, film, _ = lost
    waiting = box.client.call(m.EraseBegin(session=box.session, recording_ids=(film,), words=film), m.EraseWaiting)
    box.press()
    done = wait_until(lambda: _erased(box, waiting.ask_id))
    assert done.recording_ids == (film,)
    assert list((box.folder / "vault").iterdir()) == []
    box.stop()
    code, words = verify(box)
    assert code == 0, words


def _erased(box: CaptureBox, ask_id: str) -> m.Erased | None:
    answer = box.client.call(m.ErasePoll(session=box.session, ask_id=ask_id), m.Answer)
    return answer if isinstance(answer, m.Erased) else None


@pytest.mark.promise("P9")
def test_an_interrupted_film_that_the_catalogue_had_lost_is_entered_as_interrupted(box: CaptureBox) -> None:
    box.ready()
    case, adult, child = box.family()
    box.stop()
    before = (box.folder / "catalogue.sqlite").read_bytes()
    box.start()
    box.sign_in()
    box.arm(case, adult, child)
    box.press(1.15)
    box.wait_for("recording")
    wait_until(lambda: any(path.stat().st_size > 200_000 for path in (box.folder / "vault").glob("*.part")))
    box.kill()
    put_back(box, before)
    box.start()
    box.sign_in()
    [found] = listed(box)
    assert (found.case, found.state) == (case, RecordingState.INTERRUPTED)
    verb = m.OpenRecording(session=box.session, recording_id=found.recording_id, purpose=Purpose.REVIEW)
    with pytest.raises(ConsentMissing) as refused:
        box.client.call_with_descriptor(verb, m.Opened)
    assert "people_unknown" in refused.value.reasons


def test_what_this_box_never_filmed_is_not_entered(box: CaptureBox) -> None:
    box.ready()
    box.stop()
    (box.folder / "vault" / "rec-2222222222222222.mp4.age").write_bytes(b"age-encryption.org/v1\n" + bytes(200_000))
    (box.folder / "vault" / "rec-3333333333333333.mp4.age").symlink_to("/etc/hostname")
    box.start()
    box.sign_in()
    assert listed(box) == ()


@pytest.mark.parametrize("odd", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_lost_film_whose_manifest_is_no_file_is_entered_as_interrupted(box: CaptureBox, odd: Callable[[Path], None]) -> None:
    box.ready()
    before = (box.folder / "catalogue.sqlite").read_bytes()
    case, adult, child = box.family()
    box.arm(case, adult, child)
    manifest = box.folder / "vault" / f"{box.film(0.5)}.json"
    box.stop()
    put_back(box, before)
    manifest.unlink()
    odd(manifest)
    box.start()
    box.sign_in()
    [found] = listed(box)
    assert found.state is RecordingState.INTERRUPTED
