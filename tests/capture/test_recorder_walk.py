"""The walk is whole: whatever a recorder lives through, moment by moment, the walk has been there and saw the same follow.

The walk knows states only by a few facts. Here none are chosen: times are what they come to be, and each state that is met
must be one of the walk's, and must answer each event as the walk's own state of the same facts does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

from hypothesis import given, seed, settings
from hypothesis import strategies as st
from recorder_facts import NS, Facts, facts_of, later, state_of
from recorder_table import orders
from recorder_walk import EVENTS, walk

from capture.recorder.model import Phase, State
from capture.recorder.step import step

GOES_ON = {
    Phase.BOOTING: ("start-up done", "start-up done, button held"),
    Phase.IDLE: ("armed to film", "armed to look"),
    Phase.ARMED: ("button down", "time is looked at", "time is looked at"),
    Phase.PREPARING: ("gate said yes, header and log durable",),
    Phase.LIGHTING: ("tally lit and read back",),
    Phase.OPENING: ("sensor open",),
    Phase.FRAMING: ("time is looked at, a frame came",),
    Phase.RECORDING: ("time is looked at, a frame came",),
    Phase.SEALING: ("take closed",),
    Phase.FAULTED: ("button down", "button up"),
    Phase.ENDED: ("time is looked at",),
}
"""What a visit goes on by: events that are chosen freely seldom come as far as a film."""

PASSED_NS = st.one_of(
    st.sampled_from([0, 1, NS // 4, NS - 1, NS, NS + 1]),
    st.integers(0, NS // 2),
    st.integers(0, 3 * NS),
    st.sampled_from([5 * NS, 60 * NS, 120 * NS, 300 * NS, 900 * NS, 1800 * NS, 3600 * NS]),
)
MOVES = st.tuples(PASSED_NS, st.sampled_from([*EVENTS]), st.integers(0, 2), st.sampled_from([False] * 4 + [True]))


@cache
def walked() -> frozenset[Facts]:
    return frozenset(turn.facts for turn in walk())


def known_by_its_facts(state: State) -> State:
    """The same but for names and counts: whichever opening it is, and whichever ask waits, the walk calls it the first."""
    return replace(state, take=1, asks=tuple(replace(ask, ask_id="ask-1") for ask in state.asks))


def live(story: list[tuple[int, str, int, bool]], fault: str = "") -> Counter[Phase]:
    """All of a story's moves, to its end; how often each phase was met."""
    met: Counter[Phase] = Counter()
    state = State(fault=fault)
    for passed_ns, what, way, is_chosen_freely in story:
        state = later(known_by_its_facts(state), passed_ns)
        facts = facts_of(state)
        met[facts.phase] += 1
        assert facts in walked(), "a state where the walk has never been"
        ways = GOES_ON[facts.phase]
        event = EVENTS[what if is_chosen_freely else ways[way % len(ways)]]
        after, effects = step(state, event)
        like, same_effects = step(state_of(facts), event)
        assert (orders(effects), facts_of(after)) == (orders(same_effects), facts_of(like)), (facts, event)
        if facts.phase is Phase.ENDED:
            break
        state = after
    return met


@settings(max_examples=250, deadline=None)
@given(story=st.lists(MOVES, max_size=40), fault=st.sampled_from(["", "", "", "log_cut"]))
def test_whatever_a_recorder_lives_through_the_walk_was_there_and_saw_the_same_follow(
    story: list[tuple[int, str, int, bool]], fault: str
) -> None:
    live(story, fault)


def test_the_stories_come_into_every_phase() -> None:
    """Else they would prove nothing."""
    met: Counter[Phase] = Counter()

    @seed(4)
    @settings(max_examples=150, deadline=None, database=None)
    @given(story=st.lists(MOVES, min_size=40, max_size=40))
    def tell(story: list[tuple[int, str, int, bool]]) -> None:
        met.update(live(story))

    tell()
    assert all(met[phase] >= 20 for phase in Phase), met
