"""The age standard's own test vectors, from the npm package `cctv-age`: each a file and what a reader must make of it.

Opens none of them. Source: C2SP CCTV, age, "Test file format".
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from dataclasses import dataclass
from enum import Enum
from functools import cache

from node_tools import installed_version, run_module
from source_tree import ROOT

_PACKAGE = "cctv-age"
_DUMP = """
import * as vectors from "cctv-age";
const coded = Object.entries(vectors).map(([name, data]) => [name, Buffer.from(data).toString("base64")]);
process.stdout.write(JSON.stringify(Object.fromEntries(coded)));
"""


class Outcome(Enum):
    """What a reader must make of a file. The values are the vectors' own words."""

    SUCCESS = "success"
    NO_MATCH = "no match"
    HMAC_FAILURE = "HMAC failure"
    HEADER_FAILURE = "header failure"
    PAYLOAD_FAILURE = "payload failure"
    ARMOR_FAILURE = "armor failure"


@dataclass(frozen=True, slots=True)
class AgeVector:
    """One file. `released_hash` is the SHA-256 of all plaintext that a reader may let out, where it gets so far."""

    name: str
    expected: Outcome
    released_hash: str | None
    identities: tuple[str, ...]
    passphrases: tuple[str, ...]
    is_armored: bool
    is_compressed: bool
    stored: bytes

    @property
    def file(self) -> bytes:
        """The age file; some are 17 MB long."""
        return zlib.decompress(self.stored) if self.is_compressed else self.stored


@cache
def age_vectors() -> tuple[AgeVector, ...]:
    """All of them, by name. Node is asked once for each version of the package: what it said is kept in build/."""
    kept = ROOT / "build" / f"{_PACKAGE}-{installed_version(_PACKAGE)}.json"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")  # tests run in several processes
        fresh.write_bytes(run_module(_DUMP))
        fresh.replace(kept)
    vectors = json.loads(kept.read_text("ascii"))
    return tuple(_parse(name, base64.b64decode(vectors[name])) for name in sorted(vectors))


def _parse(name: str, data: bytes) -> AgeVector:
    head, _, stored = data.partition(b"\n\n")
    facts = [tuple(line.split(": ", 1)) for line in head.decode("utf-8").splitlines()]
    one = dict(facts)
    unknown = set(one) - {"expect", "payload", "file key", "identity", "passphrase", "armored", "compressed", "comment"}
    assert not unknown, f"{name}: {unknown}"
    return AgeVector(
        name=name,
        expected=Outcome(one["expect"]),
        released_hash=one.get("payload"),
        identities=tuple(value for key, value in facts if key == "identity"),
        passphrases=tuple(value for key, value in facts if key == "passphrase"),
        is_armored=one.get("armored") == "yes",
        is_compressed=one.get("compressed") == "zlib",
        stored=stored,
    )
