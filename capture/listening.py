"""Makes or takes over the Unix socket on which the daemon listens. Serves nobody."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from capture.errors import BoxInUse, BoxUnusable

_QUEUE = 128
"""Connections that the kernel keeps for us; whoever comes after them waits in `connect`."""


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
        listener.listen(_QUEUE)
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
    try:
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise BoxUnusable(f"the socket handed over: {error.strerror}") from error
    is_ours = listener.family == socket.AF_UNIX and listener.type == socket.SOCK_SEQPACKET
    if not is_ours or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise BoxUnusable("the socket handed over is not a listening SOCK_SEQPACKET")
    os.set_inheritable(descriptor, False)
    return listener
