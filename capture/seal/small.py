"""Whole age files in RAM, for notes, posters, keyrings and challenges. Never for film: everything is held at once."""

from __future__ import annotations

from collections.abc import Sequence

from capture.errors import NotARecipient, SealBroken, Truncated
from capture.seal import scrypt
from capture.seal.envelope import make_header, new_file_key, open_header
from capture.seal.header import parse_header, write_header
from capture.seal.keys import Identity, Recipient
from capture.seal.payload import NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, PayloadCipher, Place
from capture.seal.sealer import ChunkSealer


def seal_bytes(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """A binary age file of `data` that each of `recipients` can open. Raises ValueError for no recipients."""
    file_key = new_file_key()
    return _seal_payload(make_header(file_key, recipients), file_key, data)


def unseal_bytes(sealed: bytes, identity: Identity) -> bytes:
    """The whole plaintext, or nothing. Raises NotARecipient, SealBroken, Truncated."""
    file_key, length = open_header(sealed, identity)
    return _open_payload(sealed, length, file_key)


def seal_with_passphrase(data: bytes, passphrase: str, work_factor: int = scrypt.DEFAULT_WORK_FACTOR) -> bytes:
    """A binary age file of `data` that opens by `passphrase`; log2 of scrypt's N is `work_factor`."""
    file_key = new_file_key()
    header = write_header(file_key, [scrypt.wrap(file_key, passphrase, work_factor)])
    return _seal_payload(header, file_key, data)


def unseal_with_passphrase(sealed: bytes, passphrase: str, max_work_factor: int = scrypt.MAX_WORK_FACTOR) -> bytes:
    """The whole plaintext, or nothing.

    Raises NotARecipient for a wrong passphrase or a file that is not sealed by one, SealBroken also for a work factor
    above `max_work_factor`, Truncated.
    """
    header = parse_header(sealed)
    file_key = scrypt.unwrap(header.stanzas[0], passphrase, max_work_factor)  # a passphrase stands alone: no other stanza
    if file_key is None:
        raise NotARecipient
    header.check_mac(file_key)
    return _open_payload(sealed, header.length, file_key)


def _seal_payload(header: bytes, file_key: bytes, data: bytes) -> bytes:
    out = bytearray(header)
    ChunkSealer(file_key, out.extend).finish(data)
    return bytes(out)


def _open_payload(sealed: bytes, header_length: int, file_key: bytes) -> bytes:
    start = header_length + NONCE_BYTES
    if len(sealed) < start + TAG_BYTES:
        raise Truncated
    cipher = PayloadCipher(file_key, sealed[header_length:start])
    view = memoryview(sealed)[start:]
    last = (len(view) - 1) // SEALED_CHUNK_BYTES
    plain = bytearray()
    for number in range(last):
        plain += cipher.open(number, Place.MORE_FOLLOW, view[number * SEALED_CHUNK_BYTES : (number + 1) * SEALED_CHUNK_BYTES])
    final = view[last * SEALED_CHUNK_BYTES :]
    if len(final) < TAG_BYTES or (len(final) == TAG_BYTES and last > 0):
        raise Truncated
    try:
        plain += cipher.open(last, Place.FINAL, final)
    except SealBroken as error:
        raise Truncated from error
    return bytes(plain)
