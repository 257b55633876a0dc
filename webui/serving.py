"""Runs the application on granian over TLS: one supervisor, one worker process, a few blocking threads. Knows no route.

TLS and HTTP are in Rust there, so half-open handshakes hold no Python thread; a threaded WSGI server freezes on eight.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from typing import Any

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from webui.leaf import Leaf

THREADS = 24
"""Each answer under way holds one thread; a download that nobody reads holds it until its connection ends. A browser opens at
most six connections to one host, and a thread costs a Pi some hundred kilobytes."""
CONNECTIONS = 256
STOP_S = 4
HEADER_S = 8
"""A connection that asks nothing for so long is closed, also between two requests."""

_PR_SET_PDEATHSIG = 1

_LOGGING: dict[str, Any] = {
    "formatters": {"generic": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
"""granian's own access log writes addresses and paths: it stays off, and ours has route templates."""


def serve(make_app: Callable[[], Flask], leaf: Leaf, address: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. `make_app` is called in the worker. Ends the process with 1 if the worker died."""
    supervisor = os.getpid()

    def load(_target: str) -> Flask:
        _end_with(supervisor)
        return make_app()

    Server(
        "webui.app",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
        # HTTP/1.1 only: a browser's six connections are a limit that multiplexing would lift.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_S * 1000),
        websockets=False,
        ssl_cert=leaf.cert_path,
        ssl_key=leaf.key_path,
        log_level=LogLevels.warning,
        log_dictconfig=_LOGGING,
        workers_kill_timeout=STOP_S,
    ).serve(target_loader=load)


def _end_with(supervisor: int) -> None:
    """Have the kernel kill this worker when its supervisor dies: a port that answers must have somebody who can end it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != supervisor:  # it died before we asked
        raise SystemExit(1)
