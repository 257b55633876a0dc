"""Whoever has the card puts something else than files into the box's folders: a start and a sign-in wait for none of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until

from capture import messages as m
from capture.errors import VigcamError
from capture.ids import new_recording_id
from capture.model import Purpose


def _pipe(path: Path) -> None:
    """A named pipe in the place of what is there: whoever opens it plainly waits for ever."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _link(path: Path) -> None:
    """To a file without an end."""
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def _huge(path: Path) -> None:
    """More than the box has memory."""
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room


ODD = pytest.mark.parametrize("put", [_pipe, _folder, _link, _huge])


@ODD
def test_a_start_waits_for_nothing_odd_in_the_vault(box: CaptureBox, put) -> None:
    box.ready()
    film = _film(box)
    box.stop()
    vault = box.folder / "vault"
    for suffix in (".mp4.age", ".mp4.age.part", ".json", ".poster.age"):
        put(vault / f"{new_recording_id()}{suffix}")
    put(vault / f"{film}.json")
    put(vault / f"{film}.poster.age")
    box.start()
    box.sign_in()
    found = box.client.call(m.GetRecording(session=box.session, recording_id=film), m.RecordingFound)
    assert found.sealed_hash == ""
    verb = m.OpenRecording(session=box.session, recording_id=film, purpose=Purpose.REVIEW)
    with pytest.raises(VigcamError):
        box.client.call_with_descriptor(verb, m.Opened)
    assert box.stop() == 0


@pytest.mark.promise("P9")
@ODD
def test_nothing_odd_beside_a_film_keeps_it_from_being_erased(box: CaptureBox, put) -> None:
    box.ready()
    film = _film(box)
    vault = box.folder / "vault"
    put(vault / f"{film}.json")
    put(vault / f"{film}.poster.age")
    waiting = box.client.call(m.EraseBegin(session=box.session, recording_ids=(film,), words=film), m.EraseWaiting)
    box.press()
    wait_until(lambda: isinstance(_polled(box, waiting), m.Erased))
    assert not [path for path in vault.iterdir() if not path.is_dir()]


def _polled(box: CaptureBox, waiting: m.EraseWaiting) -> m.Answer:
    return box.client.call(m.ErasePoll(session=box.session, ask_id=waiting.ask_id), m.Answer)


def _film(box: CaptureBox) -> str:
    case, adult, child = box.family()
    box.arm(case, adult, child)
    return box.film(0.5)


@ODD
def test_a_sign_in_waits_for_nothing_odd_in_the_place_of_a_keyring(box: CaptureBox, put) -> None:
    box.ready()
    box.stop()
    put(box.folder / "keyrings" / f"{box.username}.age")
    box.start()
    with pytest.raises(VigcamError):
        box.sign_in()
    assert box.stop() == 0


@ODD
def test_a_start_waits_for_nothing_odd_among_the_recipients(box: CaptureBox, put) -> None:
    box.ready()
    box.stop()
    put(box.folder / "recipients" / f"{box.username}.json")
    put(box.folder / "recipients" / "prac-aaaaaa.json")
    box.start()
    with pytest.raises(VigcamError):
        box.sign_in()
    assert box.stop() == 0
