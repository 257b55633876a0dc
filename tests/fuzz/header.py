"""Fuzz target: the age header. What is accepted has one writing only, opens as sealed or in a clear refusal, and costs little."""

from __future__ import annotations

import random
from functools import cache

from fuzz.mutation import vary_bytes
from fuzz.target import Target

from capture.errors import NotARecipient, SealBroken, Truncated
from capture.seal import bech32, hybrid, scrypt
from capture.seal.header import HEADER_LIMIT, Stanza, encode_base64, parse_header, write_header
from capture.seal.keys import AnyIdentity, Identity
from capture.seal.stream import make_header, open_header

FILE_KEY = bytes(range(16))
PASSPHRASE = "six words that nobody uses elsewhere"
MOST_WORK = 2
_REFUSALS = (SealBroken, NotARecipient, Truncated)


@cache
def identity(number: int) -> Identity:
    """The same ones every time, so that an input that was kept can be replayed."""
    return Identity.parse(bech32.encode("AGE-SECRET-KEY-", bytes([number]) * 32))


@cache
def post_quantum() -> hybrid.Identity:
    return hybrid.Identity.parse(bech32.encode(hybrid.IDENTITY_PREFIX, bytes(32)))


def seeds() -> list[bytes]:
    mine, other = identity(1).recipient, identity(2).recipient
    foreign = Stanza(("grease", "x", "!~"), bytes(range(100)))
    full_rows = Stanza(("full",), bytes(48))
    wrapped = make_header(FILE_KEY, [mine])
    return [
        wrapped + b"payload",
        make_header(FILE_KEY, [other, mine]),
        make_header(FILE_KEY, [other]),
        make_header(FILE_KEY, [post_quantum().recipient]),
        write_header(FILE_KEY, [foreign, full_rows, *parse_header(wrapped).stanzas]),
        make_header(FILE_KEY, [scrypt.Recipient(PASSPHRASE, 1)]) + bytes(32),
        write_header(FILE_KEY, [Stanza(("scrypt", encode_base64(bytes(16)).decode(), "22"), bytes(32))]),
        write_header(FILE_KEY, [Stanza(("X25519", encode_base64(bytes(32)).decode()), bytes(32))]),
        write_header(FILE_KEY, [Stanza((hybrid.KIND, encode_base64(bytes(1120)).decode()), bytes(32))]),
        b"age-encryption.org/v1\n-> ",
        b"",
    ]


def check(data: bytes) -> None:
    try:
        header = parse_header(data)
    except (SealBroken, Truncated):
        return
    assert header.length <= HEADER_LIMIT
    assert data[: header.length] == header.covered + b" " + encode_base64(header.mac) + b"\n"
    forged = write_header(FILE_KEY, header.stanzas)
    assert forged.startswith(header.covered), "a header that was read has another writing"
    assert parse_header(data[: header.length]) == header
    _check_beginning(data[: header.length - 1])
    for opener in (identity(1), post_quantum(), scrypt.Identity(PASSPHRASE, MOST_WORK)):
        _open(data, opener)
        # Whoever knows a recipient can write any stanzas under a MAC that is right.
        _open(forged, opener)


def _check_beginning(data: bytes) -> None:
    try:
        parse_header(data)
    except Truncated:
        return
    raise AssertionError("the beginning of a header was taken for the whole")


def _open(data: bytes, opener: AnyIdentity) -> None:
    try:
        file_key, length = open_header(data, opener)
    except _REFUSALS:
        return
    assert len(file_key) == 16
    assert length <= len(data)


def vary(data: bytes, chance: random.Random) -> bytes:
    """Whole lines moved, doubled or left out, or bytes anywhere."""
    if chance.random() < 0.6:
        return vary_bytes(data, chance)
    lines = data.split(b"\n")
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            lines.insert(place, lines[other])
        case 1:
            del lines[place]
        case 2:
            lines[place], lines[other] = lines[other], lines[place]
        case 3:
            lines[place] = vary_bytes(lines[place], chance)
        case _:
            lines[place] = lines[place][:64] * chance.choice((1, 2, 100))
    return b"\n".join(lines)


TARGET = Target(seeds, check, vary, most_bytes=4096)
