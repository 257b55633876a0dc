"""An erasure that was asked for: how long it waits for its press, who hears how it ended, and what ends it without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import wait_until
from erasing_box import box_with_films, close, erase
from filming_box import FilmingBox

from capture.erasing.asking import ErasureDone, Erasures
from capture.errors import NotFound, NotNow, VigcamError
from capture.ids import RecordingId
from capture.recorder.model import AskKind, AskOutcome

KEPT = 16


@pytest.fixture
def filmed(tmp_path: Path) -> Iterator[tuple[FilmingBox, RecordingId]]:
    box, _, films = box_with_films(tmp_path, 1)
    yield box, films[0]
    close(box)


def test_it_waits_a_minute_for_its_press_in_whole_seconds(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, film = filmed
    erasures = box.erasures()
    before_ns = box.clock.boottime_ns()
    waiting = erasures.begin(box.practitioner, (film,), film)
    [ask] = box.control.state.asks
    assert (ask.ask_id, ask.kind) == (waiting.ask_id, AskKind.ERASE)
    assert before_ns + 60_000_000_000 <= ask.expires_ns <= box.clock.boottime_ns() + 60_000_000_000
    assert isinstance(waiting.left_s, int)
    assert (ask.expires_ns - box.clock.boottime_ns()) // 1_000_000_000 <= waiting.left_s <= 60
    erasures.close()


def test_one_press_cannot_mean_two_erasures(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, film = filmed
    erasures = box.erasures()
    for waits in (1, 0):
        erasures.begin(box.practitioner, (film,), film)
        assert len(box.control.state.asks) == waits
    erasures.close()


def test_the_answer_names_what_went(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, film = filmed
    done = erase(box, [film], film)
    assert isinstance(done, ErasureDone)
    assert done.recording_ids == (film,)


def test_at_sign_out_no_press_is_waited_for_any_more(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, film = filmed
    erasures = box.erasures()
    erasures.begin(box.practitioner, (film,), film)
    assert box.control.state.asks
    erasures.take_back_all()
    assert wait_until(lambda: not box.control.state.asks)
    erasures.close()


def test_the_page_hears_that_an_erasure_did_not_finish_whatever_went_wrong(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, film = filmed

    def broken() -> None:
        raise RuntimeError("of what nobody thought")

    erasures = Erasures(box.eraser, box.box.audit, box.clock, control=lambda: box.control, ended=broken)
    waiting = erasures.begin(box.practitioner, (film,), film)
    erasures.confirm(box.control.state.asks[0])
    erasures.close()
    with pytest.raises(VigcamError) as told:
        erasures.poll(box.practitioner, waiting.ask_id)
    assert told.value.code == "internal"


def test_of_answers_that_nobody_fetched_the_oldest_goes(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, film = filmed
    erasures = box.erasures()
    asked = []
    for _ in range(KEPT + 1):
        asked.append(erasures.begin(box.practitioner, (film,), film).ask_id)
        [ask] = box.control.state.asks
        erasures.refuse(ask, AskOutcome.EXPIRED)
        erasures.take_back(ask.ask_id)
        assert wait_until(lambda: not box.control.state.asks)
    with pytest.raises(NotFound):
        erasures.poll(box.practitioner, asked[0])
    for ask_id in asked[1:]:
        with pytest.raises(NotNow):
            erasures.poll(box.practitioner, ask_id)
    erasures.close()
