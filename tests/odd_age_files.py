"""Odd age files for tests: their headers are changed before the MAC is made, their chunks sealed with the file's own key.

What is tried with them is the reading, not the keys. Says what the standard thinks of a header, by its grammar; opens nothing.
"""

from __future__ import annotations

import hmac
import random
import re
from collections.abc import Iterator

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sealed_files import CHUNK

from capture.seal.armor import ArmorWriter
from capture.seal.header import VERSION_LINE, encode_base64
from capture.seal.keys import Identity
from capture.seal.payload import PayloadCipher, Place
from capture.seal.stream import make_header

IDENTITY = Identity.generate()
"""To whom all of these are sealed, unless they are sealed to nobody."""

_FILE_KEY, NONCE = bytes(range(16)), bytes(range(100, 116))
_CIPHER = PayloadCipher(_FILE_KEY, NONCE)
HEADER = make_header(_FILE_KEY, [IDENTITY.recipient])
_STRANGER = Identity.generate()
_SCRAPS = [b" ", b"\n", b"\r", b"\t", b"\0", b"=", b"==", b"A", b"AA", b"-", b"\x7f", b"\xff", b"\r\n", b" a", b"A" * 64]
_STANZAS = [b"-> a b\n\n", b"-> X25519 AA\nAA\n", b"-> x\n" + b"A" * 64 + b"\n"]


def scribble(text: bytes, chance: random.Random, times: int) -> bytes:
    """`text` with a few bytes or lines of it changed, added, dropped or moved, mostly where lines end."""
    for _ in range(times):
        ends = [match.start() for match in re.finditer(rb"\n|$", text)]
        place = chance.choice([chance.randrange(len(text) + 1), chance.choice(ends)])
        lines = text.split(b"\n")
        match chance.randrange(8):
            case 0:
                text = text[:place] + chance.choice(_SCRAPS) + text[place:]
            case 1:
                text = text[:place] + text[place + 1 :]
            case 2:
                text = text[:place] + bytes([chance.randrange(256)]) + text[place + 1 :]
            case 3:
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                text = b"\n".join(lines)
            case 4:
                del lines[chance.randrange(len(lines))]
                text = b"\n".join(lines) or b"\n"
            case 5:  # often the same bits, written in another way
                text = text[: place - 1] + bytes([(text[place - 1] + 1) % 256]) + text[place:]
            case 6:
                text = text.replace(b"\n", b" more\n", 2).replace(b" more\n", b"\n", 1)
            case _:
                text = text[:place] + chance.choice(_STANZAS) + text[place:]
    return text


def odd_headers(seed: int, count: int) -> Iterator[bytes]:
    """Files whose header somebody with the file key wrote, badly: its MAC is right whatever it says."""
    chance = random.Random(seed)
    for _ in range(count):
        stanzas = []
        for _ in range(chance.choice([1, 1, 2, 3])):
            stanza = chance.choice([IDENTITY, IDENTITY, _STRANGER]).recipient.wrap(_FILE_KEY)
            kind = chance.choice([*["X25519"] * 8, "x25519", "scrypt", "X25519 "])
            stanzas.append(f"-> {kind} {stanza.arguments[1]}\n".encode() + encode_base64(stanza.body) + b"\n")
        covered = scribble(VERSION_LINE + b"".join(stanzas), chance, chance.choice([0, 1, 1, 1, 2, 3])) + b"---"
        key = HKDF(algorithm=SHA256(), length=32, salt=b"", info=b"header").derive(_FILE_KEY)
        mac = b" " + encode_base64(hmac.digest(key, covered, "sha256")) + b"\n"
        yield covered + (mac if chance.random() < 0.8 else scribble(mac, chance, 1)) + NONCE + _sealed(0, Place.FINAL, 5)


def odd_payloads(seed: int, count: int) -> Iterator[bytes]:
    """Files of a few chunks that were flipped, dropped, moved, cut, or sealed by the key's own holder for a wrong place."""
    chance = random.Random(seed)
    for _ in range(count):
        most = chance.choice([0, 0, 1, 2])
        chunks = [_sealed(number, Place.MORE_FOLLOW, CHUNK) for number in range(most)]
        chunks.append(_sealed(most, Place.FINAL, chance.choice([0, 1, 5, CHUNK - 1, CHUNK])))
        for _ in range(chance.choice([0, 1, 1, 2])):
            here, number = chance.randrange(len(chunks)), chance.randrange(3)
            place, length = chance.choice(list(Place)), chance.choice([0, 1, CHUNK])
            match chance.randrange(7):
                case 0:
                    spot = chance.randrange(len(chunks[here]) + 1)
                    chunks[here] = chunks[here][:spot] + b"\1" + chunks[here][spot + 1 :]
                case 1:
                    del chunks[here]
                    chunks = chunks or [b""]
                case 2:
                    chunks.insert(chance.randrange(len(chunks) + 1), chunks[here])
                case 3:
                    chunks[-1] = chunks[-1][: chance.randrange(len(chunks[-1]) + 1)]
                case 4:
                    chunks.append(chance.choice([b"\0", bytes(16), bytes(17), bytes(CHUNK + 16)]))
                case 5:
                    chunks[here] = _sealed(number, place, length)
                case _:
                    chunks.append(_sealed(len(chunks), place, length))
        yield HEADER + chance.choice([NONCE] * 9 + [NONCE[:7]]) + b"".join(chunks)


def odd_armors(seed: int, count: int) -> Iterator[bytes]:
    """Texts of small files with either line ending, a little wrong."""
    chance = random.Random(seed)
    for length in range(count):
        lines: list[bytes] = []
        armor = ArmorWriter(lines.append)
        armor.write(HEADER + NONCE + _sealed(0, Place.FINAL, length))
        armor.finish()
        text = b"".join(lines).replace(b"\n", chance.choice([b"\n", b"\r\n"]))
        yield scribble(text, chance, chance.choice([0, 1, 1, 2]))


def rule_that_others_let_pass(file: bytes) -> str | None:
    """The rule of age.md, by its own grammar, that such a header breaks and that others do not ask for."""
    stanza = rb"-> (?P<kind>[!-~]+)(?P<arguments>(?: [!-~]+)*)\n(?P<body>(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)"
    if not re.match(rb"age-encryption\.org/v1\n(?:" + re.sub(rb"\?P<\w+>", b"?:", stanza) + rb")+--- [A-Za-z0-9+/]{43}\n", file):
        return "a body ends with a line of less than 64 columns"
    stanzas = [match.groupdict() for match in re.finditer(stanza, file[: file.index(b"\n--- ") + 1])]
    if len(stanzas) > 1 and any(each["kind"] == b"scrypt" for each in stanzas):
        return "a passphrase stands alone"
    if any(
        each["kind"] == b"X25519"
        and not (re.fullmatch(rb" [A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]", each["arguments"]) and len(each["body"]) == 44)
        for each in stanzas
    ):
        return "every X25519 stanza is well formed, also behind the one that opens"
    return None


def _sealed(number: int, place: Place, length: int) -> bytes:
    out = bytearray(length + 16)
    _CIPHER.seal_into(number, place, memoryview(bytes([number + 1]) * length), memoryview(out))
    return bytes(out)
