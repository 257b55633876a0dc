"""The header of an age file: parsed strictly, written canonically, its MAC made and checked. Unwraps nothing itself.

Source: C2SP age.md, "The header". Every refusal is SealBroken without saying which rule failed; only data that end before
the header does are Truncated.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from capture.errors import SealBroken, Truncated
from capture.seal.payload import FILE_KEY_BYTES

VERSION_LINE = b"age-encryption.org/v1\n"
HEADER_LIMIT = 1 << 16
"""Longest header that is read or written, in bytes: over 600 X25519 recipients, 40 post-quantum ones. A longer one is refused
before it costs memory."""
LONE_KIND = "scrypt"
"""The one kind of stanza that bears no other beside it: else whoever knows the passphrase could pose as another recipient."""

_STANZA_START = b"-> "
_MAC_START = b"---"
_BODY_COLUMNS = 64
_MAC_BYTES = 32
_ARGUMENT = re.compile(r"[\x21-\x7e]+")
_ARGUMENTS = re.compile(rb"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")


@dataclass(frozen=True, slots=True)
class Stanza:
    """One wrapped file key: `arguments` (the type first) and the body's bytes."""

    arguments: tuple[str, ...]
    body: bytes

    @property
    def kind(self) -> str:
        return self.arguments[0]


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header. `covered` are the exact bytes under the MAC, `length` all of the header's bytes."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    mac: bytes
    length: int

    def check_mac(self, file_key: bytes) -> None:
        """Raises SealBroken unless the header was written by a holder of `file_key`."""
        if not hmac.compare_digest(_mac(file_key, self.covered), self.mac):
            raise SealBroken


def write_header(file_key: bytes, stanzas: Sequence[Stanza]) -> bytes:
    """The whole header, ready to stand before the payload.

    Raises ValueError for whatever `parse_header` would refuse to read: a file that nobody can open must not come to be.
    """
    if len(file_key) != FILE_KEY_BYTES:
        raise ValueError(f"a file key of {len(file_key)} bytes")
    if not stanzas:
        raise ValueError("a header without stanzas")
    if _is_passphrase_in_company(stanzas):
        raise ValueError("a passphrase beside another recipient")
    covered = VERSION_LINE + b"".join(map(_write_stanza, stanzas)) + _MAC_START
    header = covered + b" " + encode_base64(_mac(file_key, covered)) + b"\n"
    if len(header) > HEADER_LIMIT:
        raise ValueError(f"a header of {len(header)} bytes: too many recipients")
    return header


def parse_header(data: bytes) -> Header:
    """Read the header at the start of `data`; what follows it is left alone. Raises SealBroken, Truncated."""
    lines = _Lines(data[:HEADER_LIMIT], is_cut=len(data) > HEADER_LIMIT)
    if lines.next() != VERSION_LINE[:-1]:
        raise SealBroken
    stanzas: list[Stanza] = []
    line = lines.next()
    while line.startswith(_STANZA_START):
        stanzas.append(_parse_stanza(line, lines))
        line = lines.next()
    if not stanzas or not line.startswith(_MAC_START + b" "):
        raise SealBroken
    if _is_passphrase_in_company(stanzas):
        raise SealBroken
    mac = decode_base64(line[len(_MAC_START) + 1 :], length=_MAC_BYTES)
    covered = data[: lines.position - len(line) - 1 + len(_MAC_START)]
    return Header(tuple(stanzas), covered, mac, lines.position)


def read_header(fd: int) -> bytes:
    """The header's exact bytes from the start of an open file, read by pread. Raises SealBroken, Truncated, OSError."""
    data = os.pread(fd, HEADER_LIMIT + 1, 0)
    return data[: parse_header(data).length]


def encode_base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def decode_base64(text: bytes, length: int | None = None) -> bytes:
    """Standard alphabet, unpadded, canonical: one writing for each value. Raises SealBroken, also for another `length`."""
    if not _BASE64.fullmatch(text):
        raise SealBroken
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise SealBroken from error
    if encode_base64(data) != text or length not in (None, len(data)):
        raise SealBroken
    return data


class _Lines:
    """The lines of a header one by one, each ended by a line feed; `position` is the first byte not yet handed out."""

    def __init__(self, data: bytes, *, is_cut: bool) -> None:
        self._data = data
        self._is_cut = is_cut
        self.position = 0

    def next(self) -> bytes:
        end = self._data.find(b"\n", self.position)
        if end < 0:
            rest = self._data[self.position :]
            if self._is_cut or (self.position == 0 and not VERSION_LINE.startswith(rest)):
                raise SealBroken
            raise Truncated
        line = self._data[self.position : end]
        self.position = end + 1
        return line


def _is_passphrase_in_company(stanzas: Sequence[Stanza]) -> bool:
    return len(stanzas) > 1 and any(stanza.kind == LONE_KIND for stanza in stanzas)


def _write_stanza(stanza: Stanza) -> bytes:
    if not stanza.arguments or not all(_ARGUMENT.fullmatch(argument) for argument in stanza.arguments):
        raise ValueError("a stanza with an argument that cannot be written")
    body = encode_base64(stanza.body)
    # The last line is always shorter than 64 columns, so a body that fills its lines is followed by an empty one.
    rows = [body[place : place + _BODY_COLUMNS] for place in range(0, len(body) + 1, _BODY_COLUMNS)]
    return _STANZA_START + " ".join(stanza.arguments).encode("ascii") + b"\n" + b"\n".join(rows) + b"\n"


def _parse_stanza(line: bytes, lines: _Lines) -> Stanza:
    arguments = line[len(_STANZA_START) :]
    if not _ARGUMENTS.fullmatch(arguments):
        raise SealBroken
    body = bytearray()
    while True:
        row = lines.next()
        if len(row) > _BODY_COLUMNS:
            raise SealBroken
        body += decode_base64(row)
        if len(row) < _BODY_COLUMNS:
            return Stanza(tuple(arguments.decode("ascii").split(" ")), bytes(body))


def _mac(file_key: bytes, covered: bytes) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=b"", info=b"header").derive(file_key)
    return hmac.digest(key, covered, "sha256")
