"""docs/unseal.py run as its reader would run it, and what vigcam itself makes of the same file. Mends nothing in either."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType

import av
from factory import read_number
from source_tree import ROOT

from capture.container.movie import open_movie
from capture.errors import Truncated
from capture.seal.header import read_header
from capture.seal.keys import Identity
from capture.seal.stream import open_header

SCRIPT = ROOT / "docs" / "unseal.py"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: its exit status, and what it said on standard error."""

    code: int
    words: str


@dataclass(frozen=True, slots=True)
class Packet:
    """One picture or packet of sound, as a demuxer gives it; times in seconds."""

    kind: str
    data: bytes
    time: Fraction
    duration: Fraction


@cache
def script() -> ModuleType:
    """The script as a module, so that a hundred runs need not start a hundred interpreters."""
    spec = importlib.util.spec_from_file_location("unseal_script_of_the_page", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(*words: Path) -> Ending:
    """Run it in this process."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            code = script().main([str(word) for word in words])
        except SystemExit as ended:  # with a text, the interpreter prints that and exits with 1
            return Ending(1, f"{said.getvalue()}{ended.code}\n")
    return Ending(code, said.getvalue())


def opened_by_vigcam(sealed: Path, identity: Identity) -> bytes | None:
    """The film as vigcam plays it; None where it says that nothing is left. A name on `.part` is an interrupted one's."""
    fd = os.open(sealed, os.O_RDONLY)
    try:
        file_key, offset = open_header(read_header(fd), identity)
        film = open_movie(fd, file_key, offset, is_sealed=sealed.suffix != ".part")
        return film.read_at(0, film.size)
    except Truncated:
        return None
    finally:
        os.close(fd)


def packets(mp4: bytes) -> list[Packet]:
    """All of the pictures in order, then all of the sound."""
    with av.open(io.BytesIO(mp4)) as container:
        found = [
            Packet(packet.stream.type, bytes(packet), packet.pts * packet.time_base, packet.duration * packet.time_base)
            for packet in container.demux()
            if packet.size
        ]
    return sorted(found, key=lambda packet: packet.kind, reverse=True)


def numbers(mp4: bytes) -> list[int]:
    """What was drawn into each picture, decoded."""
    with av.open(io.BytesIO(mp4)) as container:
        return [read_number(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]


def check_boxes(film: bytes) -> None:
    """That the boxes fill the film and each other exactly, and every `mdat` is as long as the samples that its `moof` names."""
    named = 0
    for kind, content in boxes(film):
        if kind == b"mdat":
            assert len(content) == named
        named = 0
        if kind == b"moof":
            (first, _), *trafs = boxes(content)
            assert first == b"mfhd"
            for traf, inner in trafs:
                assert traf == b"traf"
                parts = boxes(inner)
                assert [part for part, _ in parts] in ([b"tfhd", b"tfdt", b"trun"], [b"tfhd", b"tfdt", b"trun", b"free"])
                named += sum(_sizes(parts[2][1]))


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """Type and content of each box; they fill the data to the last byte."""
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


def _sizes(trun: bytes) -> tuple[int, ...]:
    flags, count = struct.unpack_from(">II", trun)
    width = {0x301: 2, 0x701: 3}[flags]
    return struct.unpack(f">{count * width}I", trun[12:])[1::width]
