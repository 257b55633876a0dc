"""A program that serves content without end on the page's own server, and counts what the server took of it. For tests."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response

from webui.leaf import current_leaf
from webui.serving import serve
from webui.streaming import BLOCK_BYTES


@dataclass(slots=True)
class Counts:
    begun: int = 0
    blocks: int = 0
    closed: int = 0


class Endless:
    """Blocks for ever, or until `failing_after` of them."""

    def __init__(self, counts: Counts, failing_after: int = -1) -> None:
        self._counts = counts
        self._left = failing_after
        counts.begun += 1

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> bytes:
        if self._left == 0:
            raise OSError("the card is gone")
        self._left -= 1
        self._counts.blocks += 1
        return bytes(BLOCK_BYTES)

    def close(self) -> None:
        self._counts.closed += 1


def make_app() -> Flask:
    app, counts = Flask(__name__), Counts()

    @app.get("/endless")
    def endless() -> Response:
        return Response(Endless(counts), direct_passthrough=True, headers={"Content-Length": str(1 << 40)})

    @app.get("/failing")
    def failing() -> Response:
        return Response(
            Endless(counts, failing_after=2), direct_passthrough=True, headers={"Content-Length": str(9 * BLOCK_BYTES)}
        )

    @app.get("/ending")
    def ending() -> Response:
        """Ends of itself before what was promised."""
        blocks = (bytes(BLOCK_BYTES) for _ in range(2))
        return Response(blocks, direct_passthrough=True, headers={"Content-Length": str(9 * BLOCK_BYTES)})

    @app.get("/counts")
    def show() -> dict[str, int]:
        status = Path("/proc/self/status").read_text()
        rss_kb = int(status.partition("VmRSS:")[2].split()[0])
        return {"begun": counts.begun, "blocks": counts.blocks, "closed": counts.closed, "rss_kb": rss_kb}

    @app.get("/sign-in")
    def ready() -> str:
        return "ready"

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--tls", "--address", "--port", "--name"):
        parser.add_argument(name)
    options = parser.parse_args()
    serve(make_app, current_leaf(Path(options.tls), datetime.now(UTC)), options.address, int(options.port))
