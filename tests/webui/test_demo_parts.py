"""The demo's small parts: what it refuses before it starts anything, how it reads a page, how it draws a lamp."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.lamps import PATTERNS as LAMP_PATTERNS
from device.lamps import showing
from device.ports import LampPattern
from webui.demo.film import seconds_to_film
from webui.demo.folders import choose_folders
from webui.demo.lamp_drawing import is_lit
from webui.demo.page import Page
from webui.demo.trouble import DemoFailed, DemoMisused


def test_what_is_taken_over_lies_beside_the_box_by_default(tmp_path: Path) -> None:
    folders = choose_folders(tmp_path / "box", None)
    assert folders.out == tmp_path / "box-transfer"
    assert folders.out.is_dir()


@pytest.mark.parametrize("out", ["box", "box/films", "box/../box/x"])
def test_what_is_taken_over_never_goes_into_the_box(tmp_path: Path, out: str) -> None:
    with pytest.raises(DemoMisused, match="never goes into the box"):
        choose_folders(tmp_path / "box", tmp_path / out)
    assert not (tmp_path / "box").exists()


def test_out_that_is_a_link_into_the_box_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "innocent").symlink_to(tmp_path / "box")
    with pytest.raises(DemoMisused):
        choose_folders(tmp_path / "box", tmp_path / "innocent" / "films")


@pytest.mark.parametrize("which", ["box", "box-transfer"])
def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, which: str) -> None:
    (tmp_path / which).mkdir()
    (tmp_path / which / "letter.txt").write_text("mine")
    with pytest.raises(DemoFailed, match="not empty"):
        choose_folders(tmp_path / "box", None)
    assert [path.name for path in (tmp_path / which).iterdir()] == ["letter.txt"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DemoFailed):
        choose_folders(tmp_path / "file" / "box", tmp_path / "out")


def test_without_a_film_the_scene_is_filmed_for_six_seconds() -> None:
    assert seconds_to_film(None, None) == 6
    assert seconds_to_film(None, 2.5) == 2.5


def test_longer_than_the_box_films_is_wrong_use() -> None:
    with pytest.raises(DemoMisused, match="too long"):
        seconds_to_film(None, 1800)


def test_a_film_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 64)
    with pytest.raises(DemoFailed, match="cannot be decoded"):
        seconds_to_film(tmp_path / "noise.mp4", None)
    with pytest.raises(DemoFailed, match="no film"):
        seconds_to_film(tmp_path / "missing.mp4", None)


@pytest.mark.parametrize("pattern", list(LampPattern))
def test_a_drawn_lamp_blinks_as_the_boxs_own(pattern: LampPattern) -> None:
    period_ms = sum(phase.duration_ms for phase in LAMP_PATTERNS[pattern])
    for elapsed_ms in range(0, 2 * period_ms + 20, 10):
        assert is_lit(pattern.value, elapsed_ms) == showing(pattern, elapsed_ms * 1_000_000).is_lit, elapsed_ms


PAGE = """<html><head><meta name="csrf-token" content="t0k"></head><body><h1>Write <b>this</b> down</h1>
<div class="nhsuk-error-summary"><h2>There is a problem</h2><p>Enter the code</p></div>
<dl><dt>User</dt><dd id="who">prac-abc&amp;def<br></dd></dl>
<form method="post" action="/cases/VIG-2345/consents"><input type="hidden" name="decision" value="given">
<input type="radio" name="participant_id" value="par-1"><input type="radio" name="participant_id" value="par-2">
<select name="valid_days"><option value="30"><option value="90"></select><button>Go</button></form></body></html>"""


def test_page_gives_texts_by_id_token_and_errors() -> None:
    page = Page(PAGE)
    assert page.text("who") == "prac-abc&def"
    assert page.text("nobody") == ""
    assert page.csrf_token == "t0k"
    assert page.errors == "There is a problem Enter the code"
    assert page.fact("User") == "prac-abc&def"
    assert page.fact("Colour") == ""
    assert page.heading == "Write this down"


def test_page_gives_a_forms_fields_and_choices() -> None:
    form = Page(PAGE).form("/consents")
    assert form is not None
    assert (form.method, form.fields) == ("post", {"decision": "given"})
    assert form.choices == {"participant_id": ["par-1", "par-2"], "valid_days": ["30", "90"]}
