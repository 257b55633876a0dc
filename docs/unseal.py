"""Unseals one recording of a vigcam with nothing but its identity; knows docs/sealed-format.md and no line of vigcam.

    python unseal.py RECORDING.mp4.age[.part] IDENTITY_FILE OUT.mp4      (Python 3.11 or later, and `pip install cryptography`)
Exit status: 0 the recording is complete; 3 it was interrupted, and OUT holds what is left; 1 refused, and why; 2 wrong usage.
OUT appears when all in it is authentic, is never overwritten, and yours alone to read. (Not on FAT: it needs hard links.)"""

import base64
import hmac
import os
import re
import signal
import struct
import sys
import tempfile
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

CHUNK, UNSYNCED, LIMIT = 65536 + 16, 128, 1 << 20  # chunks that a power cut may tear holes into; the longest header or table
BECH32, HRP = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", "age-secret-key-"
KEY = rb"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048])\n"  # 32 bytes in base64, the only way that they can be written
STANZA = rb"-> [!-~]+(?: [!-~]+)*\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n"
HEADER = re.compile(rb"(age-encryption\.org/v1\n(?:" + STANZA + rb")+---) " + KEY)
X25519_STANZA = re.compile(rb"-> X25519 " + KEY + KEY)
FOREIGN = "what was sealed here is authentic, but no recording of a vigcam"


def identity_of(line: str) -> X25519PrivateKey:
    """One AGE-SECRET-KEY-1... (BIP 173: 52 characters of 5 bits, then 6 of checksum)."""
    values, check = [BECH32.find(letter) for letter in line.removeprefix(HRP.upper() + "1")], 1
    for value in [ord(c) >> 5 for c in HRP] + [0] + [ord(c) & 31 for c in HRP] + values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    number = sum(value << 5 * (51 - place) for place, value in enumerate(values[:52]))
    if len(values) != 58 or -1 in values or check != 1 or number & 15:
        raise SystemExit("the identity file has a line that is no identity AGE-SECRET-KEY-1..., or one with a mistyped letter")
    return X25519PrivateKey.from_private_bytes((number >> 4).to_bytes(32, "big"))


def derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")  # HKDF of 32 bytes: one round (RFC 5869)


def file_key_of(sealed: IO[bytes], identities: list[X25519PrivateKey]) -> bytes:
    """Reads the age header: the file key, once an identity has opened a stanza and the header's MAC is right."""
    if not (header := HEADER.match(start := sealed.read(LIMIT))):
        reason = "its header is cut off or damaged" if b"age-encryption.org/v1\n".startswith(start[:22]) else "it is no age file"
        raise SystemExit(f"nothing can be opened: {reason if start.strip(bytes(1)) else 'the file is empty'}")
    sealed.seek(header.end())
    stanzas = [[base64.b64decode(text + b"=") for text in stanza] for stanza in X25519_STANZA.findall(header[1])]
    for identity, (share, wrapped) in ((identity, stanza) for identity in identities for stanza in stanzas):
        try:
            shared = identity.exchange(X25519PublicKey.from_public_bytes(share))
            salt = share + identity.public_key().public_bytes_raw()
            key = ChaCha20Poly1305(derived(shared, salt, b"age-encryption.org/v1/X25519")).decrypt(bytes(12), wrapped, None)
        except (InvalidTag, ValueError):  # another's stanza, or a share of low order
            continue
        mac = hmac.digest(derived(key, b"", b"header"), header[1], "sha256")
        if hmac.compare_digest(base64.b64encode(mac), header[2] + b"="):
            return key
    raise SystemExit("no identity AGE-SECRET-KEY-1... in your file opens this recording: it was sealed to others, or is damaged")


def opened(cipher: ChaCha20Poly1305, number: int, final: int, chunk: bytes) -> bytes:
    """The chunk's plaintext, or nothing if it is not authentic as this one. Only the final one is short, and none is empty."""
    try:
        return cipher.decrypt(number.to_bytes(11, "big") + bytes([final]), chunk, None) if final or len(chunk) == CHUNK else b""
    except InvalidTag:
        return b""


def unseal(sealed: IO[bytes], key: bytes, film: IO[bytes]) -> bool:
    """Writes the authentic chunks up to the first that is not; True if the final one was there, at the end of the file."""
    cipher = ChaCha20Poly1305(derived(key, sealed.read(16), b"payload"))
    begin, hole, final = sealed.tell(), None, b""
    for number in range(-((begin - os.fstat(sealed.fileno()).st_size) // CHUNK)):
        chunk = sealed.read(CHUNK)
        plain = opened(cipher, number, 0, chunk)
        final = b"" if plain else opened(cipher, number, 1, chunk)
        if hole is None:
            film.write(plain or final)
            hole = None if plain else number
        elif (plain or final) and (number - hole >= UNSYNCED or not sealed.name.endswith(".part")):
            raise SystemExit(f"the recording is damaged at byte {begin + hole * CHUNK} and goes on behind: look for another copy")
    return bool(final)


def keep_whole_samples(film: IO[bytes], size: int) -> tuple[int, float, bool]:
    """Takes torn samples out of the tables of a film that was cut anywhere: its new end, its seconds, if it was whole."""
    at, moof, place, kept, ticks, kind = 0, 0, 0, 0, 0, b""  # samples reach to `place` by the tables; the whole ones to `kept`
    while at + 8 <= size:
        film.seek(at)
        length, kind = struct.unpack(">I4s", film.read(8))
        if length < 8 + 12 * (kind == b"trun") or (at == 0 and kind != b"ftyp") or (kind == b"mdat" and at + length != place):
            raise SystemExit(FOREIGN)
        if at + {b"moof": length + 8, b"mdat": 8}.get(kind, length) > size:
            break
        if kind == b"moof":
            moof, place, kept = at, at + length + 8, at
        elif kind == b"trun":
            flags, samples, offset = struct.unpack(">3I", film.read(12))
            row, whole = {0x301: 8, 0x701: 12}.get(flags, 0), 0  # a row is: duration, size, and of pictures flags
            if not row or length != 20 + samples * row or length > LIMIT or moof + offset != place:
                raise SystemExit(FOREIGN)
            for duration, sample, *_ in struct.iter_unpack(f">{row // 4}I", rows := film.read(length - 20)):
                if (place := place + sample) <= size:
                    kept, whole, ticks = place, whole + 1, ticks + duration * (row == 12)
            if whole < samples:  # the rows of torn samples become a free box, so that nothing has to move
                film.seek(at)
                film.write(struct.pack(">I4s3I", 20 + whole * row, kind, flags, whole, offset) + rows[: whole * row])
                film.write(struct.pack(">I4s", (samples - whole) * row, b"free"))
        elif kind == b"mdat" and place > size:
            film.seek(at)
            film.write(struct.pack(">I", max(8, kept - at)))
            return kept, ticks / 90000, False
        at += 8 if kind in (b"moof", b"traf") else length
    return at, ticks / 90000, at == size and kind == b"mfra"


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    recording, identity_file, out = map(Path, arguments)
    try:
        lines = re.findall(r"^\s*(AGE-SECRET-KEY-1\S*)", identity_file.read_text("utf-8-sig", "replace"), re.MULTILINE)
        with recording.open("rb") as sealed, tempfile.NamedTemporaryFile(dir=out.parent, prefix="unseal-") as film:
            is_closed = unseal(sealed, file_key_of(sealed, [identity_of(line) for line in lines]), film.file)
            end, seconds, is_whole = keep_whole_samples(film.file, film.tell())
            if not seconds:
                raise SystemExit("it was interrupted before a single picture was on the disk")
            film.truncate(end)  # which flushes, too
            os.fsync(film.fileno())
            os.link(film.name, out)  # unlike a renaming, this never overwrites
    except OSError as reason:
        raise SystemExit(f"{reason}") from None
    state, code = ("complete", 0) if is_closed and is_whole else ("interrupted, or cut at its end", 3)
    sys.stderr.write(f"{state}: {seconds:.1f} seconds are in {out}\n")
    return code


if __name__ == "__main__":
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):  # by themselves they leave half a film behind
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda *_: sys.exit("it was told to end, and has left nothing behind"))
    sys.exit(main(sys.argv[1:]))
