"""Writes `@property def f` as a plain function and `f = property(f)`: the same to Python, and mutmut changes the plain one."""

from __future__ import annotations

import libcst as cst

WRAPPERS = frozenset({"property", "cached_property", "contextmanager"})


def unwrap(source: str) -> str:
    return cst.parse_module(source).visit(_Unwrapping()).code


class _Unwrapping(cst.CSTTransformer):
    def leave_FunctionDef(  # noqa: N802 - named by the library
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        match updated_node.decorators:
            case [cst.Decorator(decorator=cst.Name(value=wrapper))] if wrapper in WRAPPERS:
                name = updated_node.name.value
                wrapped = cst.parse_statement(f"{name} = {wrapper}({name})")
                assert isinstance(wrapped, cst.BaseStatement)
                return cst.FlattenSentinel([updated_node.with_changes(decorators=[]), wrapped])
            case _:
                return updated_node
