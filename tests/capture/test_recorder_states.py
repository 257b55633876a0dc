"""The page that shows the recorder's table shows the table that the code has."""

from __future__ import annotations

from pathlib import Path

from recorder_table import happenings, rows, table

from capture.recorder.step import TABLE

PAGE = Path(__file__).parents[2] / "docs" / "recorder-states.md"


def test_the_page_holds_the_table_of_the_function_itself() -> None:
    assert PAGE.read_text("utf-8").endswith(table()), "run `python tests/recorder_table.py` and put its table into the page"


def test_every_kind_of_event_is_in_the_table() -> None:
    assert {type(event) for event, _ in happenings().values()} == set(TABLE)


def test_every_way_out_of_a_phase_with_the_sensor_on_begins_with_sensor_off_and_lamp_dark() -> None:
    is_on = ("Opening", "Framing", "Recording")
    left = [row for row in rows() if row[1] in is_on and row[2] not in is_on]
    assert left
    for what, phase, _, orders in left:
        shown = orders.split(", ")
        at = shown.index("close sensor")
        assert shown[at + 1] == "darken tally", (what, phase)
        assert all(order.startswith(("refuse ask", "log")) for order in shown[:at]), (what, phase)
