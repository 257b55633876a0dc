"""The machine that drives a whole daemon through anything that can happen to it, and what its runs found. Holds no test.

Each promise that it holds is named by the error that ends a run (`PromiseBroken`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ending_rules import ENDINGS
from film_rules import FAILS_BEFORE, WHILE_FILMING, FilmRules
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from made_box import MadeBox
from promise_watch import PromiseBroken
from trouble_rules import HOW, TROUBLES

from capture.model import StopReason

MUST_HAPPEN = (
    *("sign in", "ask to sign in", "sign out", "offer clock", "open case", "add person", "amend person", "remove person"),
    *(
        "give consent",
        "withdraw consent",
        "arm",
        "arm under a hand",
        "arm and hang up",
        "disarm",
        "armed",
        "press",
        "hold",
        "lean",
        "let go",
        "mark",
    ),
    *(
        "wait",
        "film at an edge",
        "at an edge",
        "stop on the page",
        "stopped while the disk stalled",
        "nonsense",
        "take back",
        "transfer",
    ),
    *("make ready", "film", "film a visit", "films", "looks", "opened", "erase", "erased for good"),
    *("held too soon", "opened too late", "clock under a leave", "clock under a film", "parents were none"),
    *(f"ended by: {how}" for how in ENDINGS),
    "ended while the disk stalled",
    *(f"restart: {how}" for how in HOW),
    *(f"before filming: {what}" for what in FAILS_BEFORE),
    *(f"while filming: {what}" for what in WHILE_FILMING),
    *(f"trouble: {trouble}" for trouble in TROUBLES),
    *(f"recording_stopped: {reason.value}" for reason in StopReason if reason is not StopReason.INTERRUPTED),
    *("log: recording_sealed", "log: recording_interrupted", "framing_stopped: press"),
)
"""What a long run that proves anything has seen. An interruption is found by the next start, and is no stop of its own."""


@dataclass
class Findings:
    """What came of some runs: how often each thing happened, and what broke."""

    fired: Counter[str] = field(default_factory=Counter)
    broken: list[Exception] = field(default_factory=list)

    def of(self, promise: str) -> list[str]:
        """What broke of this promise; what broke of none in particular counts against each."""
        return [
            str(error) or type(error).__name__
            for error in self.broken
            if not isinstance(error, PromiseBroken) or error.promise == promise
        ]

    def never(self) -> list[str]:
        """What should have happened and did not."""
        return [what for what in MUST_HAPPEN if not self.fired[what]]

    def table(self) -> str:
        """How often each thing happened."""
        return "\n".join(f"{count:6}  {what}" for what, count in sorted(self.fired.items()))


def run(made: MadeBox, findings: Findings, *, runs: int, steps: int, number: int | None = None, is_shrunk: bool = False) -> bool:
    """So many runs of so many steps each, the same ones each time for the same `number`; None for a number that nobody knows.
    Returns whether all promises held."""

    class Machine(FilmRules):
        """This run's."""

    Machine.made, Machine.fired = made, findings.fired
    phases = (Phase.generate, Phase.shrink) if is_shrunk else (Phase.generate,)
    chosen = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    if number is not None:
        seed(number)(Machine)
    try:
        run_state_machine_as_test(Machine, settings=chosen)
    except ExceptionGroup as group:
        findings.broken += group.exceptions
    except Exception as error:  # noqa: BLE001 - whatever broke is a finding
        findings.broken.append(error)
    return not findings.broken
