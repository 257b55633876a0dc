"""The documents against the tree: links lead somewhere, every setting and verb is explained, decisions have their four parts."""

from __future__ import annotations

import re

import msgspec
import pytest
from source_tree import ROOT

from capture.config import Config
from capture.model import Scope, StopReason
from webui.cli import VERBS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_of_the_tree(path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


def test_every_setting_is_explained() -> None:
    told = (ROOT / "docs" / "settings.md").read_text("utf-8")
    config = msgspec.inspect.type_info(Config)
    assert isinstance(config, msgspec.inspect.StructType)
    keys = []
    for section in config.fields:
        assert isinstance(section.type, msgspec.inspect.StructType)
        keys += [f"`{section.name}.{field.name}`" for field in section.type.fields]
    assert len(keys) > 15
    assert not [key for key in keys if key not in told]


def test_every_verb_is_in_the_readme() -> None:
    told = (ROOT / "README.md").read_text("utf-8")
    assert not [verb for verb in VERBS if f"`vigcam {verb}" not in told]


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.stem)
def test_decision_says_context_decision_consequences_and_what_was_rejected(path) -> None:
    text = path.read_text("utf-8")
    assert re.match(rf"# {int(path.stem[:4])}\. ", text)
    assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences", "Rejected"))


def test_architecture_opens_with_the_picture_and_names_every_promise() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert text.startswith("# Architecture\n\n```mermaid\n")
    assert all(f"| P{number} |" in text for number in range(1, 13))


def test_every_promise_has_a_test() -> None:
    marked = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    held = {promise for group in re.findall(r"mark\.promise\(([^)]*)\)", marked) for promise in re.findall(r"P\d+", group)}
    assert not [promise for number in range(1, 13) if (promise := f"P{number}") not in held]


def test_every_reason_to_stop_is_explained() -> None:
    told = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    assert not [reason.value for reason in StopReason if f"| `{reason.value}` |" not in told]


def test_glossary_is_in_order_and_knows_its_terms() -> None:
    rows = re.findall(r"^\| \*\*([^*]+)\*\*", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
    assert rows == sorted(rows, key=lambda term: term.replace("'", "").replace(",", ""))
    assert {"anchor", "arming", "case", "consent", "keyring", "recording", "tally", "vault"} <= set(rows)
    assert Scope.FILM.value in (ROOT / "docs" / "glossary.md").read_text("utf-8")
