"""The daemon's desk: each verb of the socket goes to the one handler that answers it. Knows no socket, and no rule of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, get_args

from capture.messages import AnyVerb, Verb
from capture.server import Reply

Handlers = Mapping[type[Verb], Callable[[Any], Reply]]


class Area(Protocol):
    """One part of the desk."""

    def handlers(self) -> Handlers:
        """What this part answers; no verb is answered by two parts."""


class Desk:
    """All parts together. Construction fails where a verb has no handler, or two."""

    def __init__(self, *areas: Area) -> None:
        self._handlers: dict[type[Verb], Callable[[Any], Reply]] = {}
        for area in areas:
            for verb, handler in area.handlers().items():
                assert verb not in self._handlers, f"two handlers for {verb.__name__}"
                self._handlers[verb] = handler
        missing = set(get_args(AnyVerb)) - set(self._handlers)
        assert not missing, f"no handler for {missing}"

    def answer(self, verb: Verb) -> Reply:
        """Called in a worker thread; raises the refusals of `capture.errors`."""
        return self._handlers[type(verb)](verb)
