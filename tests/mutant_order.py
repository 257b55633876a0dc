"""A pytest plugin for mutmut: the quickest tests first, because a mutant is done with at the first test that notices it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

STATS = Path("mutmut-stats.json")
"""What mutmut learnt of the tests in its first run, in the folder in which it runs them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if STATS.exists():
        took_s = json.loads(STATS.read_text("utf-8"))["duration_by_test"]
        items.sort(key=lambda item: took_s.get(item.nodeid, 0.0))
