"""Asks the capture daemon over its Unix socket: one datagram out, one back, perhaps a descriptor beside it. Decides nothing."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import TypeVar

import msgspec

from capture.errors import BY_CODE, DaemonUnreachable, VigcamError
from capture.messages import MAX_MESSAGE_BYTES, Answer, AnyAnswer, Refused, Verb, encode

A = TypeVar("A", bound=Answer)

_ANSWERS = msgspec.msgpack.Decoder(AnyAnswer)


class CaptureClient:
    """A connection for each call: the daemon keeps no state for a peer, and a call may come from any thread.

    `timeout_s` bounds the wait for an answer.
    """

    def __init__(self, socket_path: Path, timeout_s: float = 20.0) -> None:
        self._folder = socket_path.absolute().parent
        self._name = socket_path.name
        self._timeout_s = timeout_s

    def call(self, verb: Verb, expected: type[A]) -> A:
        """Ask, and return the answer. Raises what the daemon refused with (`capture.errors`), or DaemonUnreachable."""
        answer, descriptors = self._exchange(verb)
        for descriptor in descriptors:
            os.close(descriptor)
        return _as(answer, expected)

    def call_with_descriptor(self, verb: Verb, expected: type[A]) -> tuple[A, int]:
        """As `call`, for answers with an open descriptor beside them; it is the caller's to close."""
        answer, descriptors = self._exchange(verb)
        if len(descriptors) != 1:
            for descriptor in descriptors:
                os.close(descriptor)
            _as(answer, expected)  # a refusal comes alone, and says why
            raise DaemonUnreachable("the answer came without its descriptor")
        try:
            return _as(answer, expected), descriptors[0]
        except BaseException:
            os.close(descriptors[0])
            raise

    def _exchange(self, verb: Verb) -> tuple[Answer, list[int]]:
        # A socket's path is limited to 107 bytes; through its folder's descriptor any folder will do.
        try:
            folder = os.open(self._folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise DaemonUnreachable(str(error)) from error
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC) as connection:
                # The kernel's own limit: with Python's, a full queue would refuse us at once instead of letting us wait in it.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(self._timeout_s))
                connection.connect(f"/proc/self/fd/{folder}/{self._name}")
                connection.settimeout(self._timeout_s)
                connection.send(encode(verb))
                # +1: a datagram longer than the limit shows itself instead of being cut
                data, descriptors, _, _ = socket.recv_fds(connection, MAX_MESSAGE_BYTES + 1, 1)
        except OSError as error:
            raise DaemonUnreachable(str(error)) from error
        finally:
            os.close(folder)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        try:
            return _ANSWERS.decode(data), descriptors
        except (msgspec.DecodeError, UnicodeError) as error:
            for descriptor in descriptors:
                os.close(descriptor)
            raise DaemonUnreachable("the answer cannot be read") from error


def _timeval(seconds: float) -> bytes:
    # struct timeval of socket(7)
    return struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))


def _as(answer: Answer, expected: type[A]) -> A:
    if isinstance(answer, Refused):
        error = BY_CODE.get(answer.code, VigcamError)
        raise error(answer.detail, reasons=answer.reasons, retry_after_s=answer.retry_after_s)
    if not isinstance(answer, expected):
        raise DaemonUnreachable(f"expected {expected.__name__}, got {type(answer).__name__}")
    return answer
