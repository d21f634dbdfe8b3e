"""Checks that are small programs over ``xp``: what runs is what a failure shows."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from conformance.checking import Check
from conformance.judging import Mismatch, described
from conformance.literals import scalar
from conformance.namespaces import Blocked, Namespace
from conformance.spec import ATTRIBUTES, BY_NAME, REVISIONS

__all__ = ["Program", "copies", "running"]


class Program(NamedTuple):
    """Statements, of which the last is an expression that has to be true."""

    source: str
    since: str = REVISIONS[0]
    """Revision that demands it."""
    aspect: str = "values"
    allowed: tuple[type[Exception], ...] = ()
    """Exceptions with which the library may refuse."""


def running(
    path: str, name: str, text: str, programs: Iterable[Program] | Callable[[Namespace], Iterable[Program]]
) -> Check:
    """A check that runs programs, each by itself."""

    def custom(namespace: Namespace) -> Iterator[Mismatch]:
        lacking: set[str] = set()
        for program in programs(namespace) if callable(programs) else programs:
            if program.since > namespace.revision:
                continue
            if missing := absent(namespace, program) - {path}:
                lacking |= missing
            else:
                yield from failure(namespace, program)
        if lacking:
            raise Blocked(f"{min(lacking)}: presence")

    return Check(path, name, text, custom=custom)


def absent(namespace: Namespace, program: Program) -> set[str]:
    """Functions and attributes of arrays that a program uses and the library lacks."""
    functions = set(re.findall(r"\bxp\.((?:linalg\.|fft\.)?\w+)", program.source)) & BY_NAME.keys()
    attributes = set(re.findall(r"(?<!\bxp)\.(\w+)\b(?!\()", program.source)).intersection(ATTRIBUTES)
    x = namespace.realize(scalar(0, namespace.dtypes[0]))
    return {name for name in functions if not namespace.has(name)} | {
        name for name in attributes if not hasattr(x, name)
    }


def failure(namespace: Namespace, program: Program) -> Iterator[Mismatch]:
    """What is wrong with the outcome of a program."""
    *statements, last = ast.parse(program.source).body
    assert isinstance(last, ast.Expr)
    scope: dict[str, Any] = {"xp": namespace.xp}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(ast.Module(statements, []), "program", "exec"), scope)
            result = eval(compile(ast.Expression(last.value), "program", "eval"), scope)
            true = bool(result)
    except program.allowed:
        return
    except Exception as problem:
        yield Mismatch(program.aspect, program.source, described(problem), "True")
        return
    if not true:
        yield Mismatch(program.aspect, program.source, explained(last.value, scope), "True")


def explained(expression: ast.expr, scope: dict[str, Any]) -> str:
    """Both sides of a comparison that does not hold; of any other expression, that it is false."""
    if isinstance(expression, ast.BoolOp):
        for part in expression.values:
            if not eval(compile(ast.Expression(part), "program", "eval"), scope):
                return explained(part, scope)
    if isinstance(expression, ast.Compare):
        left = eval(compile(ast.Expression(expression.left), "program", "eval"), scope)
        return f"{ast.unparse(expression.left)} is {left!r}"[:300]
    return f"{ast.unparse(expression)} is false"


COPY = "with `copy=True`, what is done to the result in place does not change the argument"


def copies(path: str, *expressions: str) -> Check:
    """Check that an expression of an array ``x`` with two elements is a copy of it, where arrays can be changed."""

    def programs(namespace: Namespace) -> Iterator[Program]:
        for dtype in namespace.dtypes:
            one, zero = (True, False) if dtype == "bool" else (1, 0)
            for each in expressions:
                source = f"x = xp.asarray([{one}, {one}], dtype=xp.{dtype})\ny = {each}\ny[0] = {zero}\nbool(x[0])"
                yield Program(source, allowed=(TypeError, NotImplementedError))

    return running(path, "copy", COPY, programs)
