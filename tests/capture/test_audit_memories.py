"""What is remembered outside of the log, held against it: which heads it lacks, which statements either side lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capture.audit.chain import BadLine, Chain
from capture.audit.line import AuditHead
from capture.audit.memories import CATALOGUE, KeptCase, Memories, Witness, check_memories, missing_statements
from capture.audit.traces import Erasure, LogCut, StatementTrace, Trace, Traces
from capture.audit.vault import Finding

pytestmark = pytest.mark.promise("P10")

CASE, OTHER = "VIG-7F3K", "VIG-AAAA"
LINKS = ["1" * 64, "2" * 64, "3" * 64]


def stated(number: int, digest: str, seq: int, case: str = CASE) -> StatementTrace:
    return StatementTrace(case, number, digest, seq)


def chain(*statements: StatementTrace, settled_seq: int = 99, cuts: tuple[LogCut, ...] = ()) -> Chain:
    traces = Traces(settled_seq=settled_seq, cuts=list(cuts))
    for one in statements:
        traces.statements.setdefault(one.case, []).append(one)
    return Chain(links=list(LINKS), traces=traces)


def kept(**cases: tuple[int, str]) -> Memories:
    return Memories(cases={code.replace("_", "-"): KeptCase(*last) for code, last in cases.items()})


def missing(found: Chain, memories: Memories) -> list[tuple[str, int, int]]:
    assert memories.cases is not None
    return [(one.case, one.number, one.seq) for one in missing_statements(found.traces, memories.cases)]


BOTH = (stated(1, "aa", 5), stated(2, "bb", 6))


def test_a_start_that_found_an_older_catalogue_is_a_note_for_ever() -> None:
    found = chain()
    found.traces.behind.append((7, 4))
    findings, [note] = check_memories(found, Memories())
    assert findings == ()
    assert note.what.startswith("line 7: the catalogue remembered no more than line 4 at that start. ")
    assert note.where == "audit.log"


def test_a_catalogue_that_remembers_less_than_the_last_end_in_order_is_named_and_no_other_witness_is() -> None:
    found, behind = chain(), AuditHead(2, LINKS[1])
    found.traces.stopped_seq = 3
    assert check_memories(found, Memories((Witness("a receipt", behind),))) == ((), ())
    findings, [note] = check_memories(found, Memories((Witness(CATALOGUE, behind),)))
    assert (findings, note.where) == ((), "catalogue.sqlite")
    assert note.what.startswith("remembers no more than line 2. ")


def test_a_catalogue_that_has_the_last_statement_that_was_logged_lacks_nothing() -> None:
    assert check_memories(chain(*BOTH), kept(VIG_7F3K=(2, "bb"))) == ((), ())


def test_every_statement_behind_the_catalogues_last_is_missing() -> None:
    assert missing(chain(*BOTH, stated(3, "cc", 7)), kept(VIG_7F3K=(1, "aa"))) == [(CASE, 2, 6), (CASE, 3, 7)]


def test_of_a_case_that_the_catalogue_never_heard_of_all_is_missing() -> None:
    assert missing(chain(*BOTH), kept()) == [(CASE, 1, 5), (CASE, 2, 6)]


def test_another_last_statement_than_the_logged_one_leaves_the_logged_one_missing() -> None:
    found, _ = check_memories(chain(*BOTH), kept(VIG_7F3K=(2, "xx")))
    assert found == (
        Finding(CASE, "statement 2 of the catalogue is not in the log"),
        Finding(CASE, "statement 2 (line 6) is not in the catalogue"),
    )


def test_of_two_statements_of_one_number_the_earlier_is_missing() -> None:
    assert missing(chain(stated(1, "aa", 5), stated(2, "bb", 6), stated(2, "cc", 7)), kept(VIG_7F3K=(2, "cc"))) == [(CASE, 2, 6)]


def test_missing_ones_of_several_cases_stand_in_the_order_of_their_lines() -> None:
    found = chain(stated(1, "aa", 5), stated(2, "bb", 9), stated(1, "cc", 7, OTHER))
    assert missing(found, kept()) == [(CASE, 1, 5), (OTHER, 1, 7), (CASE, 2, 9)]


@pytest.mark.parametrize("case", [(1, "bb"), (3, "bb"), (2, "aa")])
def test_a_statement_of_the_catalogue_that_the_log_does_not_know_is_damage(case: tuple[int, str]) -> None:
    found, _ = check_memories(chain(*BOTH), kept(VIG_7F3K=case))
    assert Finding(CASE, f"statement {case[0]} of the catalogue is not in the log") in found


def test_a_case_that_the_log_never_heard_of_is_damage() -> None:
    told = Finding(OTHER, "statement 1 of the catalogue is not in the log")
    assert check_memories(chain(*BOTH), kept(VIG_7F3K=(2, "bb"), VIG_AAAA=(1, "cc"))) == ((told,), ())


@pytest.mark.parametrize("trace", [Trace(is_sealed=True), Trace(is_interrupted=True)])
def test_a_film_that_the_catalogue_does_not_know_is_damage_unless_it_was_erased(trace: Trace) -> None:
    found = chain()
    found.traces.recordings.update(
        {
            "rec-known": trace,
            "rec-lost": trace,
            "rec-erased": replace(trace, erasure=Erasure.DONE),
            "rec-never-begun": Trace(),
        }
    )
    findings, notes = check_memories(found, Memories(recordings={"rec-known"}))
    assert ([one.where for one in findings], notes) == (["rec-lost"], ())


@pytest.mark.parametrize(("settled_seq", "is_note"), [(5, True), (6, False), (7, False)])
def test_one_statement_that_power_may_have_taken_since_the_last_start_is_a_note(settled_seq: int, is_note: bool) -> None:
    told = (Finding(CASE, "statement 2 (line 6) is not in the catalogue"),)
    wanted = ((), told) if is_note else (told, ())
    assert check_memories(chain(*BOTH, settled_seq=settled_seq), kept(VIG_7F3K=(1, "aa"))) == wanted


def test_two_at_once_are_never_a_power_cut() -> None:
    found, notes = check_memories(chain(*BOTH, stated(1, "cc", 7, OTHER), settled_seq=0), kept(VIG_7F3K=(1, "aa")))
    assert (len(found), notes) == (2, ())


def test_where_there_is_no_catalogue_nothing_of_it_is_held_against_the_log() -> None:
    assert check_memories(chain(*BOTH), Memories()) == ((), ())


def test_a_statement_that_the_box_told_of_as_lost_stays_a_note() -> None:
    found = chain()
    found.traces.lost.append(stated(2, "bb", 6))
    assert check_memories(found, Memories()) == (
        (),
        (Finding(CASE, "statement 2 was lost, and the box said so at its next start"),),
    )


def test_every_line_of_the_log_may_be_remembered() -> None:
    heads = tuple(Witness("a receipt", AuditHead(sequence, LINKS[sequence - 1])) for sequence in (1, 2, 3))
    assert check_memories(chain(), Memories(heads)) == ((), ())


@pytest.mark.parametrize(("sequence", "digest"), [(0, LINKS[0]), (1, LINKS[1]), (3, LINKS[1]), (4, LINKS[2])])
def test_a_head_that_is_not_a_line_of_the_log_is_damage_and_says_who_remembers_it(sequence: int, digest: str) -> None:
    told = f"line {sequence} is not the one that a receipt remembers: the log was cut or replaced"
    memories = Memories((Witness("the catalogue", AuditHead(2, LINKS[1])), Witness("a receipt", AuditHead(sequence, digest))))
    assert check_memories(chain(), memories) == ((Finding("audit.log", told),), ())


@pytest.mark.parametrize(
    ("sequence", "told"),
    [
        (9, "lines after 5 were cut: the box remembered a line 9, and said so in line 6"),
        (6, "lines after 5 were cut: the box remembered a line 6, and said so in line 6"),
        (5, "line 5 was not the one that the box remembered: the log had been replaced, and said so in line 6"),
    ],
)
def test_a_cut_that_a_start_told_of_is_damage_for_ever(sequence: int, told: str) -> None:
    cut = LogCut(seq=6, kept=5, head=AuditHead(sequence, "f" * 64))
    assert check_memories(chain(cuts=(cut,)), Memories()) == ((Finding("audit.log", told),), ())


def test_what_remembers_and_does_not_hold_itself_is_told_first_and_all_that_is_told_of_a_broken_log() -> None:
    own = Finding("receipt-1.json", "not signed by the box")
    memories = Memories((Witness("a receipt", AuditHead(7, "f" * 64)),), {CASE: KeptCase(2, "bb")}, (own,))
    found, _ = check_memories(chain(), memories)
    assert (found[0], len(found)) == (own, 3)
    broken = chain()
    broken.bad = BadLine(2, "unfinished")
    assert check_memories(broken, memories) == ((own,), ())
