"""What every room's tests share: the check that a promise is named rightly. Fixtures stand beside the tests that use them."""

from __future__ import annotations

import pytest

PROMISES = frozenset(f"P{number}" for number in range(1, 13))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("promise"):
            if not marker.args or not set(marker.args) <= PROMISES:
                raise pytest.UsageError(f"{item.nodeid}: promise marker names {marker.args}, not one of P1 to P12")
