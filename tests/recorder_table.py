"""The recorder's whole table, gathered from a walk through every state; run as a program it prints what docs/recorder-states.md
shows. It names no rule of its own: which facts decide is found by looking at what came of each.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import combinations
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from recorder_facts import Facts, state_of  # noqa: E402
from recorder_walk import EVENTS, Turn, walk  # noqa: E402

from capture.model import ArmMode  # noqa: E402
from capture.recorder.effects import Effect, LightTally, Log, Play, SealTake  # noqa: E402
from capture.recorder.model import EndKind, Phase  # noqa: E402
from capture.recorder.step import step  # noqa: E402

Values = tuple[object, ...]
Boxes = tuple[tuple[frozenset[object], ...], ...]
Outcome = tuple[Phase | None, tuple[Effect, ...]]

_AS_ELSE: Outcome = (None, ())
"""The same as without the ask, but for orders that it adds."""

_FACTS = tuple(field.name for field in fields(Facts) if field.name not in ("phase", "window"))
_UNTOLD = "time is looked at, a frame came"
"""Not shown: what came is seen first, and then time is looked at."""
_WORDS = {
    "contact": "button",
    "is_spent": "press",
    "may_open": "hold",
    "is_slow": "preparing",
    "is_quick": "stopped",
    "cue": "due",
    "is_look_due": "tally look",
}
_SAID: dict[tuple[str, object], str] = {
    ("is_spent", False): "fresh",
    ("is_spent", True): "spent",
    ("may_open", False): "too soon",
    ("may_open", True): "in time",
    ("is_slow", True): "5 s",
    ("is_slow", False): "less",
    ("is_look_due", True): "due",
    ("is_look_due", False): "done",
    ("fault", True): "found",
    ("fault", False): "none",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What happens, in which phase, under which conditions, and what comes of it."""

    what: str
    phase: Phase
    when: str
    after: Phase
    orders: str


@dataclass(frozen=True, slots=True)
class Besides:
    """What something that waits for a press, or an enrolment window, adds to what would happen without it."""

    what: str
    phase: Phase
    beside: str
    after: Phase
    orders: str


def rows() -> Iterator[Row]:
    """Each thing that can follow from an event in a phase. Where an ask or a window only adds orders, that is `besides`."""
    groups: defaultdict[tuple[str, Phase], list[Turn]] = defaultdict(list)
    for turn in walk():
        if turn.facts.window == "closed":
            groups[turn.what, turn.facts.phase].append(turn)
    for what in EVENTS:
        for phase in Phase:
            turns = groups[what, phase]
            deciding, outcomes = _deciding(turns)
            for outcome in dict.fromkeys(outcomes.values()):
                after, effects = outcome
                if outcome == _AS_ELSE or (after is phase and not effects):
                    continue
                assert after is not None
                for box in _boxes([at for at, found in outcomes.items() if found == outcome], outcomes):
                    yield Row(what, phase, _when(deciding, box, outcomes), after, orders(effects))


def added(turn: Turn) -> tuple[Effect, ...] | None:
    """The orders that are there because something waits or a window is not closed; None where more than orders is different."""
    after, effects = step(state_of(replace(turn.facts, ask="none", window="closed")), turn.event)
    left = list(effects)
    more = tuple(effect for effect in turn.effects if not (left and left[0] == effect and left.pop(0)))
    return None if left or after.phase is not turn.after.phase else more


def besides() -> Iterator[Besides]:
    """Each order that an ask, or a window, adds where there is only that one."""
    for turn in walk():
        facts = turn.facts
        if (facts.ask == "none") is not (facts.window == "closed") and (more := added(turn)):
            beside = f"ask: {facts.ask}" if facts.window == "closed" else f"window: {facts.window}"
            yield Besides(turn.what, facts.phase, beside, turn.after.phase, orders(more))


def _outcome(turn: Turn) -> Outcome:
    return _AS_ELSE if turn.facts.ask != "none" and added(turn) is not None else (turn.after.phase, turn.effects)


def _deciding(turns: list[Turn]) -> tuple[tuple[str, ...], dict[Values, Outcome]]:
    """The fewest facts that tell what follows, and what follows for each of their values."""
    for count in range(len(_FACTS) + 1):
        for names in combinations(_FACTS, count):
            found: dict[Values, Outcome] = {}
            values = ((tuple(getattr(turn.facts, name) for name in names), _outcome(turn)) for turn in turns)
            if all(found.setdefault(at, outcome) == outcome for at, outcome in values):
                return names, found
    raise AssertionError("the same facts led to two outcomes: a fact is missing")


def _boxes(wanted: list[Values], all_values: Iterable[Values]) -> Boxes:
    """The values as few ranges, each fact on its own; what cannot be reached may lie in any."""
    others = set(all_values) - set(wanted)
    domains = [list(dict.fromkeys(column)) for column in zip(*all_values, strict=True)]
    left, boxes = list(wanted), []
    while left:
        box = [frozenset({value}) for value in left[0]]
        for place, domain in enumerate(domains):
            for value in domain:
                wider = [*box[:place], box[place] | {value}, *box[place + 1 :]]
                if not any(_holds(wider, other) for other in others):
                    box = wider
        boxes.append(tuple(box))
        left = [values for values in left if not _holds(box, values)]
    return tuple(boxes)


def _holds(box: Iterable[frozenset[object]], values: Values) -> bool:
    return all(value in allowed for allowed, value in zip(box, values, strict=True))


def _when(names: tuple[str, ...], box: tuple[frozenset[object], ...], all_values: Iterable[Values]) -> str:
    said = []
    for name, allowed, domain in zip(names, box, zip(*all_values, strict=True), strict=False):
        values = [value for value in _in_order(domain) if value in allowed]
        if len(values) < len(set(domain)):
            said.append(f"{_WORDS.get(name, name)}: {' / '.join(_say(name, value) for value in values)}")
    return "; ".join(said)


def _in_order(domain: Iterable[object]) -> list[object]:
    return list(dict.fromkeys(domain))


def _say(name: str, value: object) -> str:
    match value:
        case ArmMode():
            return "film" if value is ArmMode.FILM else "look"
        case EndKind():
            return value.value
        case None:
            return "none"
        case _:
            return _SAID.get((name, value), str(value))


def orders(effects: tuple[Effect, ...]) -> str:
    return ", ".join(_name(effect) for effect in effects) or "–"


def _name(effect: Effect) -> str:
    match effect:
        case LightTally(pattern):
            return f"tally {pattern.value}"
        case Play(tone):
            return f"tone {tone.value}"
        case Log(event):
            return f"log {event.value}"
        case SealTake(reason):
            return f"seal ({reason.value})"
        case _:
            words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(effect).__name__)
            return words.strip()


def table() -> str:
    """As the page shows it. Events of which the same follows everywhere share their lines, and so do phases."""
    told: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    merged: dict[tuple[str, str, str, str], list[Phase]] = {}
    for row in rows():
        merged.setdefault((row.what, row.when, _then(row), row.orders), []).append(row.phase)
    for (what, when, then, shown), phases in merged.items():
        told[what].append((_list(phases), when, then, shown))
    return _lines(("in", "when", "then", "orders, in this order"), told)


def table_besides() -> str:
    """What asks and windows add, for the same page."""
    told: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    found: defaultdict[tuple[str, Phase, str, str], set[str]] = defaultdict(set)
    for one in besides():
        found[one.what, one.phase, _then(one), one.orders].add(one.beside)
    merged: defaultdict[tuple[str, str, str, str], list[Phase]] = defaultdict(list)
    for (what, phase, then, shown), beside in found.items():
        merged[what, " / ".join(sorted(beside)).replace("/ ask: ", "/ ").replace("/ window: ", "/ "), then, shown].append(phase)
    for what in EVENTS:
        lines = [key for key in merged if key[0] == what]
        for _, beside, then, shown in sorted(lines, key=lambda key: key[1:]):
            phases = merged[what, beside, then, shown]
            told[what].append((_list([phase for phase in Phase if phase in phases]), beside, then, shown))
    return _lines(("in", "with", "then", "orders besides"), told)


def _then(row: Row | Besides) -> str:
    return "–" if row.after is row.phase else row.after.value.capitalize()


def _list(phases: list[Phase]) -> str:
    return ", ".join(phase.value.capitalize() for phase in phases)


def _lines(heads: tuple[str, ...], told: Mapping[str, list[tuple[str, ...]]]) -> str:
    sharing: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for what, cells in told.items():
        if what == _UNTOLD:
            continue
        sharing.setdefault(tuple(cells), []).append(what)
    lines = [f"| event | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for cells, names in sharing.items():
        for number, cell in enumerate(cells):
            lines.append(f"| {'' if number else '; '.join(names)} | {' | '.join(cell)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n{table_besides()}")
