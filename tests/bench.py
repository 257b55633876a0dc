"""Runs the benches and writes build/bench.json, one line and one object for each figure. Measures nothing itself.

`make bench` runs all; `python tests/bench.py seal film` some of them, into build/bench-seal-film.json. Figures are of the
machine at hand: read them as ratios, and only from a machine that does nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from bench_box import box_figures
from bench_film import film_figures
from bench_governance import governance_figures
from bench_seal import seal_figures
from bench_web import web_figures
from bench_writer import writer_figures
from figures import Figure

ROOT = Path(__file__).resolve().parent.parent

SUITES: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "seal": seal_figures,
    "film": film_figures,
    "writer": writer_figures,
    "box": box_figures,
    "web": web_figures,
    "governance": governance_figures,
}
"""Each measures in a folder of its own, on the disk."""


def measured(suites: Sequence[str], folder: Path) -> list[Figure]:
    """The figures of the named suites, each printed as soon as it is there."""
    figures = []
    for suite in suites:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            for figure in SUITES[suite](Path(name)):
                print(figure.line(), flush=True)  # noqa: T201  (this is what it is for)
                figures.append(figure)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure, and write the figures into build/.")
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"some of: {', '.join(SUITES)} [all]")
    asked = parser.parse_args().suites
    if not set(asked) <= set(SUITES):
        parser.error(f"a suite is one of: {', '.join(SUITES)}")
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    figures = measured(asked or list(SUITES), build)
    target = build / "-".join(("bench", *asked))
    target.with_suffix(".json").write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
