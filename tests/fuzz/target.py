"""What a fuzz target is: where its inputs begin, what must hold of any input, how inputs are varied. Runs nothing itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

NAMES = ("header", "armor", "stream", "movie", "trailer", "picture", "message", "receipt")
"""Each is a module in this folder with its `TARGET`."""

TRAP = "trap"
"""One more, which is there to be found out."""


@dataclass(frozen=True, slots=True)
class Target:
    """One parser under test."""

    seeds: Callable[[], list[bytes]]
    """Good and nearly good inputs, made by our own writers."""
    check: Callable[[bytes], None]
    """Raises for a finding: AssertionError where a rule is broken, anything else that escaped the parser."""
    vary: Callable[[bytes, random.Random], bytes]
    """A mutation that knows the format, so that not every one is refused at the first check."""
    most_bytes: int
    """Longest input that is worth trying."""
