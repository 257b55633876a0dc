"""Whole age files in RAM, for notes, posters, keyrings and challenges. Never for film: everything is held at once."""

from __future__ import annotations

from collections.abc import Sequence

from capture.errors import SealBroken, Truncated
from capture.seal import scrypt
from capture.seal.envelope import make_header, new_file_key, open_header, open_own_header
from capture.seal.keys import AnyIdentity, AnyRecipient
from capture.seal.payload import CHUNK_BYTES, NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, PayloadCipher, Place
from capture.seal.sealer import ChunkSealer


def seal_bytes(data: bytes, recipients: Sequence[AnyRecipient]) -> bytes:
    """A binary age file of `data` that each of `recipients` can open. Raises ValueError as `make_header`."""
    file_key = new_file_key()
    out = bytearray(make_header(file_key, recipients))
    ChunkSealer(file_key, out.extend).finish(data)
    return bytes(out)


def unseal_bytes(sealed: bytes, identity: AnyIdentity) -> bytes:
    """The whole plaintext, or nothing. Raises NotARecipient, SealBroken, Truncated."""
    file_key, length = open_header(sealed, identity)
    return _open_payload(sealed, length, file_key)


def unseal_own_bytes(sealed: bytes, identity: AnyIdentity) -> bytes:
    """As `unseal_bytes`, in two thirds of the time, for what this software sealed itself (see `open_own_header`)."""
    file_key, length = open_own_header(sealed, identity)
    return _open_payload(sealed, length, file_key)


def unseal_with_file_key(sealed: bytes, file_key: bytes, payload_offset: int) -> bytes:
    """The whole plaintext, by the key of this one file and its header's length. Raises SealBroken, Truncated."""
    return _open_payload(sealed, payload_offset, file_key)


def seal_with_passphrase(data: bytes, passphrase: str, work_factor: int = scrypt.DEFAULT_WORK_FACTOR) -> bytes:
    """A binary age file of `data` that opens by `passphrase`; log2 of scrypt's N is `work_factor`, 1 to 18."""
    return seal_bytes(data, [scrypt.Recipient(passphrase, work_factor)])


def unseal_with_passphrase(sealed: bytes, passphrase: str, max_work_factor: int = scrypt.MAX_WORK_FACTOR) -> bytes:
    """The whole plaintext, or nothing.

    Raises NotARecipient for a wrong passphrase or a file that is not sealed by one, SealBroken also for a work factor
    above `max_work_factor`, Truncated.
    """
    return unseal_bytes(sealed, scrypt.Identity(passphrase, max_work_factor))


def _open_payload(sealed: bytes, header_length: int, file_key: bytes) -> bytes:
    start = header_length + NONCE_BYTES
    if len(sealed) < start + TAG_BYTES:
        raise Truncated
    cipher = PayloadCipher(file_key, sealed[header_length:start])
    chunks = memoryview(sealed)[start:]
    last = (len(chunks) - 1) // SEALED_CHUNK_BYTES
    final = chunks[last * SEALED_CHUNK_BYTES :]
    if len(final) < TAG_BYTES or (len(final) == TAG_BYTES and last > 0):
        raise Truncated
    plain = bytearray(last * CHUNK_BYTES + len(final) - TAG_BYTES)
    room = memoryview(plain)
    for number in range(last):
        chunk = chunks[number * SEALED_CHUNK_BYTES : (number + 1) * SEALED_CHUNK_BYTES]
        cipher.open_into(number, Place.MORE_FOLLOW, chunk, room[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES])
    try:
        cipher.open_into(last, Place.FINAL, final, room[last * CHUNK_BYTES :])
    except SealBroken as error:
        raise Truncated from error
    return bytes(plain)
