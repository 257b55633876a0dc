"""The daemon's door: a Unix socket of whole messages, its peers known to the kernel. Parses and bounds; decides nothing further.

One connection carries one question and one answer. Who asks is read from the kernel (SO_PEERCRED), never from the message.
"""

from __future__ import annotations

import array
import contextlib
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from capture.errors import BadRequest, BoxInUse, BoxUnusable, NotAllowed, NotNow, VigcamError
from capture.messages import MAX_MESSAGE_BYTES, Answer, AnyVerb, GetStatus, Refused, Stop, Verb, encode

_log = logging.getLogger(__name__)

_WORKERS = 16
_WAITING = 64
"""Connections taken in at once, served or not; more wait in the kernel's own queue."""
_PATIENCE_S = 5.0
"""A peer that connects and says nothing holds a worker no longer than this."""

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
    """Listens on `path` (made here, mode 0660) or on a socket handed over by the service manager.

    `answer` is called in a worker thread for each permitted question; `refused_peer` for each peer that may not ask.
    """

    def __init__(
        self, listener: socket.socket, peers: Peers, answer: Callable[[Verb], Reply], refused_peer: Callable[[int], None]
    ) -> None:
        self._listener = listener
        self._peers = peers
        self._answer = answer
        self._refused_peer = refused_peer
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="socket")
        self._places = threading.BoundedSemaphore(_WAITING)
        self._thread = threading.Thread(target=self._accept, name="socket-accept", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Takes no more questions; those being answered are answered."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=2)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _accept(self) -> None:
        while True:
            self._places.acquire()
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._pool.submit(self._serve, connection)
            except RuntimeError:  # shutting down
                connection.close()
                return

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(_PATIENCE_S)
                _send(connection, self._reply(connection))
        except OSError as error:
            _log.info("a peer went away: %s", error.strerror)
        finally:
            self._places.release()

    def _reply(self, connection: socket.socket) -> Reply:
        try:
            return self._answer(self._question(connection))
        except VigcamError as error:
            return Reply(Refused(code=error.code, detail=error.detail, reasons=error.reasons, retry_after_s=error.retry_after_s))
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


def _send(connection: socket.socket, reply: Reply) -> None:
    try:
        beside = []
        if reply.descriptor is not None:
            beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [reply.descriptor]))]
        connection.sendmsg([encode(reply.answer)], beside)
    finally:
        if reply.descriptor is not None:
            os.close(reply.descriptor)


def _peer_uid(connection: socket.socket) -> int:
    # struct ucred of socket(7): pid, uid, gid
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def listen(path: Path) -> socket.socket:
    """Make the socket at `path`. A stale one is replaced; one that answers is somebody's: raises BoxInUse, or BoxUnusable."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise BoxUnusable(f"the socket's folder: {error.strerror}") from error
    # A socket's path is limited to 107 bytes; through its folder's descriptor any folder will do.
    short = f"/proc/self/fd/{folder}/{path.name}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    try:
        if _answers(short):
            raise BoxInUse("another capture daemon answers on this socket")
        path.unlink(missing_ok=True)
        listener.bind(short)
        path.chmod(0o660)
        listener.listen(_WAITING)
    except OSError as error:
        listener.close()
        raise BoxUnusable(f"the socket: {error.strerror}") from error
    except BaseException:
        listener.close()
        raise
    finally:
        os.close(folder)
    return listener


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def inherited_listener(descriptor: int) -> socket.socket:
    """The socket that the service manager opened (sd_listen_fds(3)): must be a listening SOCK_SEQPACKET. Raises BoxUnusable."""
    listener = socket.socket(fileno=descriptor)
    is_ours = listener.family == socket.AF_UNIX and listener.type == socket.SOCK_SEQPACKET
    if not is_ours or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise BoxUnusable("the socket handed over is not a listening SOCK_SEQPACKET")
    os.set_inheritable(descriptor, False)
    return listener
