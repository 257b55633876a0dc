"""Types are worked out by msgspec when they are first decoded, and two threads that do so at once bring the interpreter down."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from source_tree import Module, modules


def _prepared(tree: ast.Module) -> set[str]:
    """The types that decoders of the module's own level name: worked out while it is imported, by one thread."""
    calls = [node.value for node in tree.body if isinstance(node, ast.Assign | ast.Expr) and isinstance(node.value, ast.Call)]
    return {ast.unparse(call.args[0]) for call in calls if ast.unparse(call.func).endswith(".Decoder") and call.args}


def _decoded(tree: ast.Module) -> Iterator[str]:
    """The types that are named where something is decoded."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        match ast.unparse(call.func):
            case "msgspec.convert":
                yield ast.unparse(call.args[1])
            case "msgspec.json.decode" | "msgspec.msgpack.decode":
                yield from (ast.unparse(word.value) for word in call.keywords if word.arg == "type")


def _unprepared(module: Module) -> set[str]:
    tree = ast.parse(module.text)
    return set(_decoded(tree)) - _prepared(tree)


def test_no_type_is_worked_out_by_two_threads_at_once() -> None:
    late = {module.path: found for module in modules() if module.path.startswith("capture/") and (found := _unprepared(module))}
    assert not late, late
