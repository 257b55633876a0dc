"""Every cut of a story, and every disk that a card may have kept of it, judged: the counts, or the first that does not hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from disk_record import Tape
from disk_replay import Cut, Kept, cut_at, kept_after
from replay_story import Moment, Story
from replay_verdict import Found, Judge

Catalogue = tuple[bytes, ...]


@dataclass
class Tally:
    """`rules` and `ends` count disks, by the rule that made them and by what the box made of them."""

    cuts: int = 0
    disks: int = 0
    second_cuts: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)

    def add(self, kept: Kept, found: Found) -> None:
        self.disks += 1
        self.rules[kept.rule.partition(",")[0]] += 1
        self.ends[found.state.value if found.state else "no row"] += 1


def sweep(story: Story, judge: Judge, samples: int, recut_every: int = 0) -> Tally:
    """Judge every disk once. Of every so many the start itself is cut short too, at each of its steps. Raises AssertionError,
    which names the step, the rule and what did not hold."""
    tally = Tally()
    seen: set[bytes] = set()
    for at in range(len(story.tape.steps) + 1):
        cut = cut_at(story.tape, at)
        floor = judge.floor(cut)
        tally.cuts += 1
        for kept, catalogue in _disks(story.tape, cut, samples):
            digest = _digest(kept, catalogue, floor, story.tape.before[at])
            if digest in seen:
                continue
            seen.add(digest)
            try:
                tally.add(kept, judge.examine(cut, kept, catalogue, floor))
                if recut_every and len(seen) % recut_every == 0:
                    tally.second_cuts += _cut_the_start_too(judge, cut, kept, catalogue, floor)
            except Exception as error:
                raise AssertionError(f"cut {at}, before {_next(story, at)}: {kept.rule}: {error!r}") from error
    return tally


def _disks(tape: Tape[Moment], cut: Cut, samples: int) -> Iterator[tuple[Kept, Catalogue]]:
    """Each disk with the catalogue as it last stood, and as it stood one step before: a commit falls between two steps.

    SQLite's own files are taken as SQLite promises them: a commit is there whole or not at all, and once it came back it stays.
    """
    catalogues = {tape.before[max(0, cut.at - 1)].catalogue, tape.before[cut.at].catalogue}
    for kept in kept_after(cut, samples):
        for catalogue in catalogues:
            yield kept, catalogue


def _cut_the_start_too(judge: Judge, cut: Cut, kept: Kept, catalogue: Catalogue, floor: int) -> int:
    tape = judge.record_start(kept, catalogue)
    count = 0
    for at in range(len(tape.steps) + 1):
        for again, then in _disks(tape, cut_at(tape, at), samples=1):
            judge.examine(cut, again, then, floor)
            count += 1
    return count


def _digest(kept: Kept, catalogue: Catalogue, floor: int, said: Moment) -> bytes:
    """Of a disk and of what it is judged by: the same disk may be right before something was confirmed, and wrong after it."""
    digest = hashlib.sha256(f"{floor} {said.lines} {said.is_erased} ".encode())
    for path, data in sorted(kept.contents.items()):
        digest.update(f"{path} {len(data)} ".encode() + data)
    for data in catalogue:
        digest.update(hashlib.sha256(data).digest())
    return digest.digest()


def _next(story: Story, at: int) -> str:
    return type(story.tape.steps[at]).__name__ if at < len(story.tape.steps) else "the end"
