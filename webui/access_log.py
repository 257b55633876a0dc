"""One line for each request: the route's template, the status, the milliseconds. Never an address, a query, a body or an id."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

_LOG = logging.getLogger("vigcam.web.access")


def keep_access_log(app: Flask) -> None:
    """Log when the answer begins: how long a transfer then takes depends on the receiver."""

    @app.before_request
    def _begin() -> None:
        g.begun_s = time.monotonic()

    @app.after_request
    def _line(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "-"
        taken_ms = (time.monotonic() - g.begun_s) * 1000 if "begun_s" in g else 0.0
        _LOG.info("%s %s %d %.0fms", request.method, route, response.status_code, taken_ms)
        return response
