"""Whoever has the card puts something else than files into the box's folders: a start and a sign-in wait for none of it."""

from __future__ import annotations

import os
import time
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


ODD = (_pipe, _folder, _link, _huge)


def test_a_start_waits_for_nothing_odd_in_the_vault(box: CaptureBox) -> None:
    box.ready()
    films = _films(box)
    box.stop()
    vault = box.folder / "vault"
    for put, film in zip(ODD, films, strict=True):
        for suffix in (".mp4.age", ".mp4.age.part", ".json", ".poster.age"):
            put(vault / f"{new_recording_id()}{suffix}")
        put(vault / f"{film}.json")
        put(vault / f"{film}.poster.age")
    box.start()
    box.sign_in()
    for film in films:
        found = box.client.call(m.GetRecording(session=box.session, recording_id=film), m.RecordingFound)
        assert found.sealed_hash == ""
        verb = m.OpenRecording(session=box.session, recording_id=film, purpose=Purpose.REVIEW)
        with pytest.raises(VigcamError):
            box.client.call_with_descriptor(verb, m.Opened)
    assert box.stop() == 0


@pytest.mark.promise("P9")
def test_nothing_odd_beside_a_film_keeps_it_from_being_erased(box: CaptureBox) -> None:
    box.ready()
    films = _films(box)
    vault = box.folder / "vault"
    for put, film in zip(ODD, films, strict=True):
        put(vault / f"{film}.json")
        put(vault / f"{film}.poster.age")
        waiting = box.client.call(m.EraseBegin(session=box.session, recording_ids=(film,), words=film), m.EraseWaiting)
        box.press()
        wait_until(lambda asked=waiting: isinstance(_polled(box, asked), m.Erased))
        assert not [path for path in vault.glob(f"{film}.*") if not path.is_dir()]


def _polled(box: CaptureBox, waiting: m.EraseWaiting) -> m.Answer:
    return box.client.call(m.ErasePoll(session=box.session, ask_id=waiting.ask_id), m.Answer)


def _films(box: CaptureBox) -> list[str]:
    """One for each odd thing."""
    case, adult, child = box.family()
    box.arm(case, adult, child)
    films = []
    for _ in ODD:
        films.append(box.film(0.3))
        time.sleep(1.1)  # the retake pause
    return films


def test_a_sign_in_waits_for_nothing_odd_in_the_place_of_a_keyring(box: CaptureBox) -> None:
    box.ready()
    keyring = box.folder / "keyrings" / f"{box.username}.age"
    for put in ODD:
        box.stop()
        _remove(keyring)
        put(keyring)
        box.start()
        with pytest.raises(VigcamError):
            box.sign_in()
    assert box.stop() == 0


def test_a_start_waits_for_nothing_odd_among_the_recipients(box: CaptureBox) -> None:
    box.ready()
    mine, another = (box.folder / "recipients" / f"{name}.json" for name in (box.username, "prac-aaaaaa"))
    for put in ODD:
        box.stop()
        for path in (mine, another):
            _remove(path)
            put(path)
        box.start()
        with pytest.raises(VigcamError):
            box.sign_in()
    assert box.stop() == 0


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
