"""A Python program as the network that it builds."""

from __future__ import annotations

import ast
import re
import warnings

from exporters.code.reader.interpreter import Interpreter
from exporters.code.reader.models import configuration
from exporters.code.reader.values import Budget, Function, Model, Opaque, TooLarge
from exporters.keras_reading import Network, network_of
from exporters.source import Source
from layers.diagnostics import GraphError, Problem, diagnose
from layers.graph import MAX_NODES

MAX_SIGNS = 2 * 2**20
MAX_NESTING = 60

SYNTAX = Problem(
    "python.syntax",
    "{file} is not Python: {reason} at line {line}, column {column}.",
    "Check that it is whole, and written for Python 3.",
)
TOO_LARGE = Problem(
    "python.too_large",
    "{file} is too long or nested too deep to be read as a program.",
    "Choose the file that builds the model.",
)
NO_MODEL = Problem(
    "python.no_model",
    "{file} builds no Keras model that can be read.",
    "Build a Sequential or functional model, and bind it to the name model.",
)


def network(source: Source) -> Network:
    """The network that a program builds: its ``model``, else the last one. Raises GraphError."""
    text = source.text
    if len(text) > MAX_SIGNS or _nesting(text) > MAX_NESTING:
        raise GraphError([diagnose(TOO_LARGE, file=source.name)])
    try:
        with warnings.catch_warnings():
            # Doubtful literals are the program's affair.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        reader = Interpreter()
        reader.run(tree.body)
        model = _model(reader, source)
        return network_of(configuration(model, Budget(MAX_NODES)), "", source.name)
    except SyntaxError as error:
        raise GraphError(
            [
                diagnose(
                    SYNTAX,
                    file=source.name,
                    reason=str(error.msg)[:200],
                    line=error.lineno or 1,
                    column=error.offset or 1,
                )
            ]
        ) from None
    except (RecursionError, MemoryError, ValueError, TooLarge):
        raise GraphError([diagnose(TOO_LARGE, file=source.name)]) from None


def _model(reader: Interpreter, source: Source) -> Model:
    """The model of a program that was followed to its end."""
    named = reader.names.get("model")
    if isinstance(named, Model):
        return named
    if isinstance(named, Opaque):
        named.refuse()
    candidates = [each for each in reader.names.values() if isinstance(each, Model)]
    if candidates:
        return candidates[-1]
    for thing in reversed(list(reader.names.values())):
        if isinstance(thing, Function) and not _required(thing.tree):
            call = ast.Call(ast.Name(thing.tree.name, ast.Load()), [], [])
            ast.copy_location(call, thing.tree)
            ast.copy_location(call.func, thing.tree)
            made = reader.value(call)
            if isinstance(made, Model):
                return made
    if reader.maker.models:
        return reader.maker.models[-1]
    raise GraphError([diagnose(NO_MODEL, file=source.name)])


def _required(tree: ast.FunctionDef) -> int:
    """How many arguments a function cannot do without."""
    given = tree.args
    return len(given.posonlyargs) + len(given.args) - len(given.defaults)


def _nesting(text: str) -> int:
    """How deep brackets are nested, those in texts included."""
    depth = deepest = 0
    for sign in re.findall(r"[][(){}]", text):
        depth = depth + 1 if sign in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest
