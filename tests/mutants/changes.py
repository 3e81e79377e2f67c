"""What may be changed in a module: one small thing at a time, as somebody might get it wrong.

cosmic-ray's operators change comparisons, arithmetic, numbers, conditions and loops; on top of
them a statement, an argument, a part of a condition or an answer is left out. What nobody could
notice is not tried: annotations, constants of another name, a text's wording.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Any

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

# One other operator for each of arithmetic is enough, and `is` for `==` is no slip of the pen.
_TOO_MUCH = re.compile(
    r"core/(ReplaceBinaryOperator_(?!Add_Sub|Sub_Add|Mul_Add|Div_Mul|FloorDiv_Mul|Mod_Mul|Pow_Mul"
    r"|BitOr_BitAnd|BitAnd_BitOr)|ReplaceComparisonOperator_(?!Is).*_Is|ReplaceComparison"
    r"Operator_Is(Not)?_(?!Is))"
)


class Source:
    """A module's text, and the places in it; the columns of a syntax tree count bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._bytes = text.encode()
        self._starts = [0]
        for line in self._bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, node: Any) -> tuple[int, int]:
        """Return where a node begins and ends, in bytes."""
        first = self._starts[node.lineno - 1] + node.col_offset
        return first, self._starts[node.end_lineno - 1] + node.end_col_offset

    def at(self, line: int, column: int) -> int:
        """Return the byte of a place that is told in characters."""
        text = self._bytes[self._starts[line - 1] : self._starts[line] - 1].decode()
        return self._starts[line - 1] + len(text[:column].encode())

    def with_changed(self, node: Any, new: str) -> str:
        """Return the text with another one in the place of a node."""
        first, last = self.span(node)
        return (self._bytes[:first] + new.encode() + self._bytes[last:]).decode()


def changes(text: str) -> list[str]:
    """Return the texts that differ from a module's in one thing, each of which is Python."""
    source = Source(text)
    found = dict.fromkeys([*_by_cosmic_ray(source), *_left_out(source)])
    return [changed for changed in found if changed != text and _is_python(changed)]


def _by_cosmic_ray(source: Source) -> Iterator[str]:
    silent = list(_annotations(source))
    nodes = list(ast_nodes(get_ast(source.text)))
    for name in plugins.operator_names():
        if _TOO_MUCH.match(name) or "Variable" in name:
            continue
        operator = plugins.get_operator(name)()
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for number, (start, _) in enumerate(places):
            at = source.at(*start)
            if not any(first <= at < last for first, last in silent):
                yield str(mutate_code(source.text, operator, number))


def _annotations(source: Source) -> Iterator[tuple[int, int]]:
    for node in ast.walk(source.tree):
        for name in ("annotation", "returns"):
            if (told := getattr(node, name, None)) is not None:
                yield source.span(told)


def _left_out(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.stmt):
            yield from _statement(source, node)
        elif isinstance(node, ast.BoolOp):
            for part in node.values:
                yield source.with_changed(part, str(isinstance(node.op, ast.And)))
        elif isinstance(node, ast.comprehension):
            for condition in node.ifs:
                yield source.with_changed(condition, "True")
        elif isinstance(node, ast.Call):
            yield from _call(source, node)
        elif isinstance(node, ast.Starred):
            yield source.with_changed(node, "*()")
        elif isinstance(node, ast.IfExp):
            for value in ("True", "False"):
                yield source.with_changed(node.test, value)


def _statement(source: Source, node: ast.stmt) -> Iterator[str]:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    in_function = node.col_offset > 0
    if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise) and in_function:
        if not is_text:
            yield source.with_changed(node, "pass")
    elif isinstance(node, ast.Return) and node.value is not None:
        yield source.with_changed(node.value, "None")
    elif isinstance(node, ast.Return):
        yield source.with_changed(node, "pass")
    elif isinstance(node, ast.If):
        for value in ("True", "False"):
            yield source.with_changed(node.test, value)


def _call(source: Source, node: ast.Call) -> Iterator[str]:
    for left_out in (*node.args[1:], *node.keywords):
        call = ast.Call(
            node.func,
            [each for each in node.args if each is not left_out],
            [each for each in node.keywords if each is not left_out],
        )
        yield source.with_changed(node, ast.unparse(call))
    if isinstance(node.func, ast.Name) and node.func.id in ("min", "max", "sorted", "set"):
        other = {"min": "max", "max": "min"}.get(node.func.id, "list")
        yield source.with_changed(node.func, other)


def _is_python(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "changed", "exec")
        except SyntaxError:
            return False
    return True
