"""The daemon's door: a Unix socket of whole messages, its peers known to the kernel. Parses and bounds; decides nothing further.

One connection carries one question and one answer. Who asks is read from the kernel (SO_PEERCRED), never from the message.
"""

from __future__ import annotations

import array
import errno
import logging
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from capture.errors import BadRequest, NotAllowed, NotNow, VigcamError
from capture.lane import Lane
from capture.messages import MAX_MESSAGE_BYTES, Answer, AnyVerb, GetStatus, Refused, Stop, Verb, encode

_log = logging.getLogger(__name__)

_SILENT = 64
"""Peers that are connected and have not asked yet; one more, and the one that has been silent longest is put out."""
_PATIENCE_S = 5.0
"""A peer that connects and says nothing, or asks and does not listen, is put out after this."""
_OUT_OF_DESCRIPTORS_S = 0.1

_VERBS = msgspec.msgpack.Decoder(AnyVerb)

OPERATOR_VERBS: frozenset[type[Verb]] = frozenset({GetStatus, Stop})
"""What root and the daemon's own user may ask besides the page: to look, and to stop."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and perhaps a descriptor to send beside it; the server closes it afterwards."""

    answer: Answer
    descriptor: int | None = None


@dataclass(frozen=True, slots=True)
class Peers:
    """Which user may use which verbs: `page` all of them, `operators` those of OPERATOR_VERBS, anybody else none."""

    page: frozenset[int]
    operators: frozenset[int]

    def may(self, uid: int, verb: type[Verb]) -> bool:
        return uid in self.page or (uid in self.operators and verb in OPERATOR_VERBS)


class Server:
    """Serves a listening socket. One thread takes the questions in, so that silent peers hold up nobody; each kind of question
    is answered in a lane of its own, so that a stop waits for none of the others.

    `answer` is called in a worker thread for each permitted question; `refused_peer` for each peer that may not ask.
    """

    def __init__(
        self, listener: socket.socket, peers: Peers, answer: Callable[[Verb], Reply], refused_peer: Callable[[int], None]
    ) -> None:
        self._listener = listener
        self._peers = peers
        self._answer = answer
        self._refused_peer = refused_peer
        self._lanes = {Stop: Lane("stop", 2), GetStatus: Lane("look", 4)}
        self._other = Lane("socket", 16)
        self._silent: dict[socket.socket, float] = {}
        self._door = selectors.DefaultSelector()
        self._closing, self._closed = socket.socketpair()
        self._thread = threading.Thread(target=self._keep_door, name="socket-door", daemon=True)

    def start(self) -> None:
        self._listener.setblocking(False)
        self._door.register(self._listener, selectors.EVENT_READ)
        self._door.register(self._closed, selectors.EVENT_READ)
        self._thread.start()

    def close(self) -> None:
        """Takes no more questions; those being answered are answered."""
        self._closing.close()
        if self._thread.is_alive():
            self._thread.join()
        for connection in (*self._silent, self._listener, self._closed):
            connection.close()
        self._door.close()
        for lane in (*self._lanes.values(), self._other):
            lane.close()

    def _keep_door(self) -> None:
        while True:
            for key, _ in self._door.select(1.0 if self._silent else None):
                match key.fileobj:
                    case self._closed:
                        return
                    case self._listener:
                        self._let_in()
                    case socket.socket() as connection if connection in self._silent:
                        self._hear(connection)
            now = time.monotonic()
            for connection in [one for one, until in self._silent.items() if until <= now]:
                self._forget(connection).close()

    def _let_in(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
                time.sleep(_OUT_OF_DESCRIPTORS_S)  # it stays readable: without a pause this would turn in circles
            return
        if len(self._silent) >= _SILENT:
            self._forget(next(iter(self._silent))).close()
        connection.setblocking(False)
        self._silent[connection] = time.monotonic() + _PATIENCE_S
        self._door.register(connection, selectors.EVENT_READ)

    def _forget(self, connection: socket.socket) -> socket.socket:
        self._door.unregister(connection)
        del self._silent[connection]
        return connection

    def _hear(self, connection: socket.socket) -> None:
        self._forget(connection)
        try:
            verb = self._question(connection)
            lane = self._lanes.get(type(verb), self._other)
            if not lane.take(connection, lambda: self._serve(connection, verb)):
                raise NotNow("too many at once")
        except VigcamError as error:
            with connection, suppress(OSError):
                _send(connection, Reply(_refused(error)))
        except Exception as error:  # noqa: BLE001 - whatever one peer does, the door stays open to the others
            _log.warning("a peer could not be heard: %s", type(error).__name__)
            connection.close()

    def _serve(self, connection: socket.socket, verb: Verb) -> None:
        with connection:
            try:
                connection.settimeout(_PATIENCE_S)
                _send(connection, self._reply(verb))
            except OSError as error:
                _log.info("a peer went away: %s", error.strerror)

    def _reply(self, verb: Verb) -> Reply:
        try:
            return self._answer(verb)
        except VigcamError as error:
            return Reply(_refused(error))
        except TimeoutError:
            return Reply(Refused(code=NotNow.code, detail="the box did not answer in time"))
        except Exception:  # noqa: BLE001 - one bad question must not end the daemon
            # The peer learns nothing of it; the daemon's own log does.
            _log.exception("a question could not be answered")
            return Reply(Refused(code=VigcamError.code))

    def _question(self, connection: socket.socket) -> Verb:
        uid = _peer_uid(connection)
        data, _, flags, _ = connection.recvmsg(MAX_MESSAGE_BYTES)
        if flags & socket.MSG_TRUNC:
            raise BadRequest("the message is too long")
        try:
            verb: Verb = _VERBS.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            if uid not in self._peers.page | self._peers.operators:
                self._refused_peer(uid)
                raise NotAllowed from error
            raise BadRequest("the message cannot be read") from error
        if not self._peers.may(uid, type(verb)):
            self._refused_peer(uid)
            raise NotAllowed
        return verb


def _refused(error: VigcamError) -> Refused:
    return Refused(code=error.code, detail=error.detail, reasons=error.reasons, retry_after_s=error.retry_after_s)


def _send(connection: socket.socket, reply: Reply) -> None:
    try:
        beside = []
        if reply.descriptor is not None:
            beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [reply.descriptor]))]
        connection.sendmsg([_encoded(reply.answer)], beside)
    finally:
        if reply.descriptor is not None:
            os.close(reply.descriptor)


def _encoded(answer: Answer) -> bytes:
    try:
        return encode(answer)
    except ValueError:
        _log.exception("an answer is too long")
        return encode(Refused(code=VigcamError.code))


def _peer_uid(connection: socket.socket) -> int:
    # struct ucred of socket(7): pid, uid, gid
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])
