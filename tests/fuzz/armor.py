"""Fuzz target: armor and the writing of keys. Text that is accepted is the only writing of what it says, margins aside."""

from __future__ import annotations

import io
import random

from fuzz import header
from fuzz.mutation import vary_bytes
from fuzz.target import Target

from capture.errors import BadRequest, SealBroken
from capture.seal import hybrid
from capture.seal.armor import BEGIN_LINE, END_LINE, ArmorWriter, is_armored, read_armor
from capture.seal.keys import Identity, Recipient, parse_identity


def armored(data: bytes) -> bytes:
    out = io.BytesIO()
    writer = ArmorWriter(out.write)
    writer.write(data)
    writer.finish()
    return out.getvalue()


def seeds() -> list[bytes]:
    sizes = (0, 1, 47, 48, 49, 96, 200)
    texts = [armored(random.Random(size).randbytes(size)) for size in sizes]
    keys = [header.identity(1), header.identity(1).recipient, header.post_quantum()]
    return [
        *texts,
        b" \n\t" + texts[-1].replace(b"\n", b"\r\n") + b"\r\n ",
        BEGIN_LINE + b"\n" + END_LINE,
        *(key.encode().encode() for key in keys),
    ]


def check(data: bytes) -> None:
    _check_armor(data)
    text = data.decode("utf-8", "surrogateescape")
    for parse in (parse_identity, Identity.parse, Recipient.parse, hybrid.Recipient.parse):
        try:
            key = parse(text)
        except BadRequest:
            continue
        assert key.encode() == text, "a key has two writings"


def _check_armor(data: bytes) -> None:
    try:
        binary = b"".join(read_armor(io.BytesIO(data)))
    except SealBroken:
        return
    assert is_armored(data)
    text = data.strip()
    ending = b"\r\n" if text.startswith(BEGIN_LINE + b"\r") else b"\n"
    assert armored(binary).strip() == text.replace(ending, b"\n"), "armor that was read has another writing"


TARGET = Target(seeds, check, vary_bytes, most_bytes=2048)
