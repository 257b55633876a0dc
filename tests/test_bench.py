"""The benches run, on tiny sizes, and say what they found in the form that build/bench.json promises. No timing is judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from bench import SUITES
from bench_film import film_figures
from bench_governance import governance_figures
from bench_seal import seal_figures
from bench_writer import writer_figures
from factory import SMALL
from figures import Figure, against, at_most
from grown_box import Shape

FIELDS = ("name", "value", "unit", "peer", "peer_value", "ratio", "goal_min", "goal_max", "met", "note")


def tiny_seal(folder: Path) -> Iterator[Figure]:
    return seal_figures(folder, file_mib=3, stream_mib=2, rounds=1)


def tiny_film(folder: Path) -> Iterator[Figure]:
    return film_figures(folder, profile=SMALL, short_min=0.5, long_min=1, rounds=1, ranges=3)


def tiny_writer(folder: Path) -> Iterator[Figure]:
    return writer_figures(folder, SMALL, film_s=1, rounds=1)


def tiny_governance(folder: Path) -> Iterator[Figure]:
    return governance_figures(folder, (Shape(cases=2, consents=40, recordings=6),), rounds=1, log_lines=20)


@pytest.mark.parametrize(
    ("measure", "rows"),
    [
        (tiny_seal, ("seal a file", "unseal a file", "seal a stream in memory", "unseal a stream in memory")),
        (
            tiny_film,
            (
                "64 KiB somewhere in 0.5 minutes",
                "64 KiB somewhere in 1 minutes",
                "index with the trailer",
                "index without a trailer",
            ),
        ),
        (tiny_writer, ("filming: the writer's processor",)),
        (
            tiny_governance,
            (
                "gate, answer, 2 cases",
                "start to the first answer, 2 cases",
                "first look at a case, 2 cases",
                "a case, 2 cases",
                "a page of a case's recordings, 2 cases",
                "audit log verified",
            ),
        ),
    ],
    ids=["seal", "film", "writer", "governance"],
)
def test_bench_gives_every_row_and_each_in_full(
    tmp_path: Path, measure: Callable[[Path], Iterator[Figure]], rows: tuple[str, ...]
) -> None:
    figures = {figure.name: figure for figure in measure(tmp_path)}
    for name in rows:
        figure = figures[name]
        assert tuple(json.loads(json.dumps(asdict(figure)))) == FIELDS
        assert figure.value > 0
        assert figure.unit
        assert figure.note
        assert figure.met is not None
        assert (figure.ratio is None) == (figure.peer is None) == (figure.peer_value is None)
    assert not list(tmp_path.iterdir()), "a bench left something behind"


def test_goal_is_for_the_ratio_where_there_is_a_peer_and_else_for_the_value() -> None:
    assert against("seal", 130, "MB/s", "age", 100, 1.3, None, "").met
    assert not against("seal", 129, "MB/s", "age", 100, 1.3, None, "").met
    assert not against("hour", 1.3, "ms", "ten minutes", 1.0, 0.8, 1.2, "").met
    assert at_most("index", [0.01, 0.03, 0.9], "ms", 30, "").met
    assert not at_most("index", [0.01, 0.031, 0.9], "ms", 30, "").met


def test_a_figure_without_a_goal_meets_none_and_shows_none() -> None:
    figure = against("log", 5, "s", "its hash", 1, None, None, "a note")
    assert figure.met is None
    assert "goal" not in figure.line()


def test_make_bench_runs_every_suite_there_is() -> None:
    files = {path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")}
    assert set(SUITES) == files
