"""What a card may have kept of a tape when power was cut: every rule for what was not synced. Knows no recording and no log.

A step is durable once a sync of its file, or of its folder, came back after it. Of the rest nothing is certain: neither that it
arrived, nor in which order, nor that it arrived whole. A name is one directory entry: a rename has happened or has not.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from disk_record import Create, DataStep, NameStep, Rename, Seen, SyncFile, SyncFolder, Tape, Truncate, Unlink, Write

SECTOR = 512
PAGE = 4_096


@dataclass(frozen=True, slots=True)
class Kept:
    """One way the disk may look after the cut: `rule` says which, in words for the table and for a failing test. Paths are
    relative to the tape's root."""

    rule: str
    contents: dict[Path, bytes]

    def lay(self, folder: Path) -> None:
        for path, data in self.contents.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(data)


@dataclass
class Cut:
    """Power fails when `at` steps of the tape were told to the system: what is durable, and what is not."""

    at: int
    root: Path
    files: dict[int, bytes]
    names: dict[Path, int]
    loose_data: dict[int, list[DataStep]] = field(default_factory=dict)
    loose_names: list[NameStep] = field(default_factory=list)

    def durable(self, path: Path) -> bytes:
        """The bytes that no cut can take any more; empty where not even the name is sure."""
        return self.files[self.names[path]] if path in self.names else b""


def cut_at(tape: Tape[Seen], at: int) -> Cut:
    cut = Cut(at, tape.root, dict(tape.files), dict(tape.names))
    for step in tape.steps[:at]:
        match step:
            case Create():
                cut.files.setdefault(step.file, b"")
                cut.loose_names.append(step)
            case Rename() | Unlink():
                cut.loose_names.append(step)
            case Write() | Truncate():
                cut.loose_data.setdefault(step.file, []).append(step)
            case SyncFile():
                cut.files[step.file] = _all(cut.files[step.file], cut.loose_data.pop(step.file, []))
            case SyncFolder():
                synced = [name for name in cut.loose_names if _folder(name) == step.folder]
                cut.names = _named(cut.names, synced)
                cut.loose_names = [name for name in cut.loose_names if _folder(name) != step.folder]
            case _:
                assert_never(step)
    return cut


def kept_after(cut: Cut, samples: int, seed: int = 0) -> Iterator[Kept]:
    """Every rule for names with everything else arrived and with nothing else arrived; every rule for data with all names.

    `samples` is how many places of a torn write, of a first missing write and so on are tried; 0 tries every one of them and
    every combination of names and data.
    """
    chance = random.Random(f"{seed} {cut.at}")
    datas = list(_data_rules(cut, chance, samples))
    for name_rule, names in _name_rules(cut):
        for data_rule, files in datas:
            if samples and name_rule != "all names" and data_rule not in ("none", "all"):
                continue
            yield Kept(f"{data_rule}, {name_rule}", {path.relative_to(cut.root): files[file] for path, file in names.items()})


def _name_rules(cut: Cut) -> Iterator[tuple[str, dict[Path, int]]]:
    loose = cut.loose_names
    assert len(loose) < 8, "so many names are never left to chance"
    for chosen in itertools.product((True, False), repeat=len(loose)):
        kept = [step for step, is_kept in zip(loose, chosen, strict=True) if is_kept]
        yield ("all names" if all(chosen) else f"{len(kept)} of {len(loose)} names"), _named(cut.names, kept)


def _named(names: dict[Path, int], steps: Sequence[NameStep]) -> dict[Path, int]:
    found = dict(names)
    for step in steps:
        match step:
            case Create():
                found[step.path] = step.file
            case Rename() if step.old in found:
                found[step.new] = found.pop(step.old)
            case Rename():
                pass  # the name it would have moved never came to be
            case Unlink():
                found.pop(step.path, None)
    return found


def _folder(step: NameStep) -> Path:
    return (step.new if isinstance(step, Rename) else step.path).parent


def _data_rules(cut: Cut, chance: random.Random, samples: int) -> Iterator[tuple[str, dict[int, bytes]]]:
    """Each loose file in turn by every rule, the others as if nothing or everything of them had arrived."""
    whole = {file: _all(cut.files[file], steps) for file, steps in cut.loose_data.items()}
    yield "none", cut.files
    if not whole:
        return
    yield "all", cut.files | whole
    for file, steps in cut.loose_data.items():
        for rule, data in _file_rules(cut.files[file], steps, chance, samples):
            yield rule, cut.files | {file: data}
            if len(whole) > 1:
                yield rule, cut.files | whole | {file: data}


def _file_rules(durable: bytes, steps: list[DataStep], chance: random.Random, samples: int) -> Iterator[tuple[str, bytes]]:
    writes = [step for step in steps if isinstance(step, Write)]
    if len(writes) < len(steps):  # a truncation is one change of the size
        yield from (("prefix", _all(durable, steps[:count])) for count in range(1, len(steps)))
        return
    size = max(len(durable), *(write.offset + len(write.data) for write in writes))
    for number in _some(range(len(writes)), chance, samples):
        before, one, after = writes[:number], writes[number], writes[number + 1 :]
        yield "prefix", _over(durable, before)
        yield "zero-filled", _over(durable, before, size)
        if after:
            yield "later without earlier", _over(durable, before + after)
            yield "only the last", _over(durable, after[-1:])
        for length in _some(_places(one), chance, samples):
            torn = Write(one.file, one.offset, one.data[:length])
            yield "torn", _over(durable, [*before, torn])
            yield "torn, then zeros", _over(durable, [*before, torn], size)
            yield "begins missing", _over(durable, [*before, Write(one.file, one.offset + length, one.data[length:]), *after])
    for grain in (SECTOR, PAGE):
        for _ in range(samples or 12):
            yield f"any {grain} bytes", _scattered(durable, writes, chance, grain, size)


def _places(write: Write) -> list[int]:
    """Where a write may be torn: at single bytes of its ends and middle, and at the sectors' borders."""
    length, first = len(write.data), SECTOR - write.offset % SECTOR
    borders = range(first, length, SECTOR)
    some = {1, 2, 15, 16, 17, length // 2, length - 17, length - 2, length - 1, *borders[:2], *borders[-2:]}
    return sorted(place for place in some if 0 < place < length)


def _some(places: Sequence[int], chance: random.Random, samples: int) -> Sequence[int]:
    return places if not samples or len(places) <= samples else chance.sample(places, samples)


def _scattered(durable: bytes, writes: list[Write], chance: random.Random, grain: int, size: int) -> bytes:
    """Of every block of the disk its new content, or what was there before (zeros where there was nothing)."""
    new, old = _over(durable, writes, size), durable.ljust(size, b"\0")
    first = min(write.offset for write in writes) // grain * grain
    blocks = (new if chance.random() < 0.5 else old for _ in range(first, size, grain))
    return old[:first] + b"".join(
        block[start : start + grain] for block, start in zip(blocks, range(first, size, grain), strict=True)
    )


def _all(durable: bytes, steps: Sequence[DataStep]) -> bytes:
    data = durable
    for step in steps:
        data = b"" if isinstance(step, Truncate) else _over(data, [step])
    return data


def _over(durable: bytes, writes: Sequence[Write], size: int = 0) -> bytes:
    """`durable` with the writes over it; zeros where a hole is left, and up to `size`."""
    data = bytearray(durable)
    for write in writes:
        end = write.offset + len(write.data)
        if len(data) < end:
            data.extend(bytes(end - len(data)))
        data[write.offset : end] = write.data
    return bytes(data.ljust(size, b"\0"))
