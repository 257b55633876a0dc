"""The recorder's rules for what waits for a press: one at a time, confirmed by a short press. Pure; opens nothing."""

from __future__ import annotations

from dataclasses import replace

from capture.audit.log import AuditEvent
from capture.recorder.effects import ConfirmAsk, Log, Play, RefuseAsk
from capture.recorder.model import Ask, Asked, AskOutcome, AskTakenBack, Phase, State
from capture.recorder.moves import Outcome, refuse_asks
from device.ports import Tone


def on_asked(state: State, event: Asked) -> Outcome:
    """Something new waits for a press; beside another one both are refused."""
    if state.phase not in (Phase.IDLE, Phase.ARMED):
        return state, (RefuseAsk(event.ask, AskOutcome.NOT_NOW),)
    waiting = tuple(ask for ask in state.asks if ask.expires_ns > event.at_ns)
    if waiting:
        # A press could not say which of them it means.
        return refuse_asks(replace(state, asks=(*state.asks, event.ask)), AskOutcome.CLASH)
    after, effects = refuse_asks(state, AskOutcome.EXPIRED)
    return replace(after, asks=(event.ask,)), effects


def on_ask_taken_back(state: State, event: AskTakenBack) -> Outcome:
    """Whoever asked wants it no more."""
    gone: list[Ask] = [ask for ask in state.asks if ask.ask_id == event.ask_id]
    kept = tuple(ask for ask in state.asks if ask.ask_id != event.ask_id)
    return replace(state, asks=kept), tuple(RefuseAsk(ask, AskOutcome.WITHDRAWN) for ask in gone)


def short_press(state: State, at_ns: int) -> Outcome:
    """Confirms what waits, if exactly one thing does."""
    waiting = [ask for ask in state.asks if ask.expires_ns > at_ns]
    if len(waiting) != 1:
        return refused_press(state)
    return replace(state, asks=()), (ConfirmAsk(waiting[0]), Log(AuditEvent.PRESS))


def refused_press(state: State) -> Outcome:
    """A press that means nothing now; the box says so."""
    return state, (Play(Tone.REFUSED), Log(AuditEvent.REFUSED_PRESS))
