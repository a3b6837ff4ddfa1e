"""Follows a program that builds a model: literals, layers, functions, loops with known bounds.

Nothing is executed: Python's parser gives the tree, and only what is written here is understood.
What is not becomes an :class:`~exporters.code.reader.values.Opaque`, which is an error once a model
needs it; training and printing around the model do no harm.
"""

from __future__ import annotations

import ast
from typing import Any, NoReturn

from exporters.code.reader.arithmetic import (
    BUILTINS,
    MAX_ITEMS,
    MAX_NUMBER,
    Unknown,
    builtin,
    compared,
    computed,
    is_number,
)
from exporters.code.reader.making import Maker, Refusal, imported
from exporters.code.reader.unpacking import sliced, unpacked
from exporters.code.reader.values import (
    Function,
    Functional,
    Layer,
    Opaque,
    Path,
    Sequential,
    Tensor,
)
from layers.layer import LAYERS

MAX_STEPS = 200_000
MAX_CALLS = 30
_MERGES: dict[type[ast.operator], str] = {
    ast.Add: "Add",
    ast.Sub: "Subtract",
    ast.Mult: "Multiply",
}
_OPERATIONS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "true_divide",
    ast.Pow: "power",
}


class Return(Exception):
    """The end of a function, with its value."""

    def __init__(self, value: Any) -> None:
        self.value = value
        super().__init__()


class Interpreter:
    """Reads one program.

    Attributes:
        names: what the program's own names stand for.
    """

    def __init__(self) -> None:
        self.maker = Maker()
        self.names: dict[str, Any] = {}
        self.scopes: list[dict[str, Any]] = [self.names]
        self.steps = 0

    def run(self, body: list[ast.stmt]) -> None:
        """Follow statements. Raises GraphError."""
        for statement in body:
            self._statement(statement)

    def _count(self, node: ast.AST) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self._refuse(node, "a program of so many steps")

    def _refuse(self, node: ast.AST, what: str) -> NoReturn:
        self._opaque(node, what).refuse()

    def _opaque(self, node: ast.AST, what: str) -> Opaque:
        column = getattr(node, "col_offset", 0) + 1
        return Opaque(getattr(node, "lineno", 1), column, what)

    def _statement(self, node: ast.stmt) -> None:
        self._count(node)
        match node:
            case ast.Import(names=names):
                for alias in names:
                    top = alias.name.partition(".")[0]
                    self._set(alias.asname or top, Path(alias.name if alias.asname else top))
            case ast.ImportFrom(module=module, names=names):
                for bound, path in imported(module, names):
                    self._set(bound, path)
            case ast.FunctionDef(name=name):
                self._set(name, Function(node))
            case ast.ClassDef(name=name):
                self._set(name, Path(f"class.{name}"))
            case ast.Assign(targets=targets, value=value):
                found = self.value(value)
                for target in targets:
                    self._assign(target, found)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self.value(value))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                changed = ast.BinOp(ast.Name(name, ast.Load()), op, value)
                ast.copy_location(changed, node)
                ast.copy_location(changed.left, target)
                self._assign(target, self.value(changed))
            case ast.Expr(value=value):
                self.value(value)
            case ast.Return(value=value):
                raise Return(None if value is None else self.value(value))
            case ast.For(target=target, iter=iterated, body=body, orelse=[]):
                items = self.value(iterated)
                if isinstance(items, list | tuple):
                    for item in items:
                        self._assign(target, item)
                        self.run(body)
                elif _builds(body):
                    self._refuse(iterated, "a loop over what is not known")
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                self.run(node.body)
            case ast.If(test=test, body=body, orelse=orelse):
                chosen = self.value(test)
                if isinstance(chosen, Opaque):
                    if _builds([*body, *orelse]):
                        self._refuse(test, "a condition that is not known")
                else:
                    self.run(body if chosen else orelse)
            case ast.With(body=body):
                self.run(body)
            case ast.Pass() | ast.Global() | ast.Assert() | ast.Delete() | ast.AnnAssign():
                pass
            case _:
                if _builds([node]):
                    self._refuse(node, f"this statement ({type(node).__name__})")

    def _set(self, name: str, value: Any) -> None:
        self.scopes[-1][name] = value

    def _assign(self, target: ast.expr, value: Any) -> None:
        self._count(target)
        match target:
            case ast.Name(id=name):
                self._set(name, value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                items = unpacked(elements, value)
                if items is None:
                    items = [self._opaque(target, "this assignment")] * len(elements)
                for element, item in zip(elements, items, strict=True):
                    self._assign(element, item)
            case ast.Starred(value=inner):
                self._assign(inner, value)
            case _:
                pass

    def value(self, node: ast.expr) -> Any:
        """What an expression stands for. Raises GraphError."""
        self._count(node)
        match node:
            case ast.Constant(value=value):
                if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
                    return self._opaque(node, "so large a number")
                known = value is None or isinstance(value, bool | int | float | str)
                return value if known else self._opaque(node, "this constant")
            case ast.Name(id=name):
                for scope in (self.scopes[-1], self.names):
                    if name in scope:
                        return scope[name]
                if name in BUILTINS:
                    return Path(f"builtins.{name}")
                return self._opaque(node, f"the name {name}")
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                items: list[Any] = []
                for element in elements:
                    if isinstance(element, ast.Starred):
                        inner = self.value(element.value)
                        if isinstance(inner, Opaque):
                            return inner
                        if not isinstance(inner, list | tuple):
                            return self._opaque(element, "what is unpacked here")
                        items.extend(inner)
                    else:
                        items.append(self.value(element))
                return items if isinstance(node, ast.List) else tuple(items)
            case ast.Dict(keys=keys, values=values):
                made = {}
                for key, item in zip(keys, values, strict=True):
                    label = None if key is None else self.value(key)
                    if not isinstance(label, str | int):
                        return self._opaque(node, "this dictionary")
                    made[label] = self.value(item)
                return made
            case ast.Attribute(value=inner, attr=attribute):
                owner = self.value(inner)
                if isinstance(owner, Path):
                    return Path(f"{owner.dotted}.{attribute}")
                return self._opaque(node, f"the attribute {attribute}")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                number = self.value(operand)
                return -number if is_number(number) else self._opaque(node, "this arithmetic")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                held = self.value(operand)
                return held if isinstance(held, Opaque) else not held
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(node, self.value(left), op, self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._compared(node, self.value(left), op, self.value(right))
            case ast.BoolOp(op=op, values=values):
                held = None
                for each in values:
                    held = self.value(each)
                    if isinstance(held, Opaque) or bool(held) is isinstance(op, ast.Or):
                        break
                return held
            case ast.IfExp(test=test, body=body, orelse=orelse):
                chosen = self.value(test)
                if isinstance(chosen, Opaque):
                    return chosen
                return self.value(body if chosen else orelse)
            case ast.JoinedStr(values=values):
                return self._text(node, values)
            case ast.Subscript(value=inner, slice=ast.Slice(lower=start, upper=end, step=None)):
                ends = [None if each is None else self.value(each) for each in (start, end)]
                part = sliced(self.value(inner), *ends)
                return self._opaque(node, "this part") if part is None else part
            case ast.Subscript(value=inner, slice=place):
                return self._member(node, self.value(inner), self.value(place))
            case ast.ListComp(elt=element, generators=[ast.comprehension(ifs=[]) as each]):
                iterated = self.value(each.iter)
                if not isinstance(iterated, list | tuple):
                    return self._opaque(node, "a list over what is not known")
                found = []
                for item in iterated:
                    self._assign(each.target, item)
                    found.append(self.value(element))
                return found
            case ast.Call():
                return self._call(node)
        return self._opaque(node, f"this expression ({type(node).__name__})")

    def _binary(self, node: ast.expr, one: Any, op: ast.operator, other: Any) -> Any:
        if isinstance(one, Tensor) and isinstance(other, Tensor) and type(op) in _MERGES:
            made = self.maker.layer(_MERGES[type(op)], [], {})
            return self.maker.apply(made, [[one, other]], {})
        rest = [each for each in (one, other) if not isinstance(each, Tensor)]
        if type(op) in _OPERATIONS and len(rest) < 2 and all(map(is_number, rest)):
            return self.maker.call(f"keras.ops.{_OPERATIONS[type(op)]}", [one, other], {})
        for each in (one, other):
            if isinstance(each, Opaque):
                return each
        try:
            return computed(one, op, other)
        except Unknown:
            return self._opaque(node, "this arithmetic")

    def _compared(self, node: ast.expr, one: Any, op: ast.cmpop, other: Any) -> Any:
        for each in (one, other):
            if isinstance(each, Opaque):
                return each
        try:
            return compared(one, op, other)
        except Unknown:
            return self._opaque(node, "this comparison")

    def _text(self, node: ast.expr, parts: list[ast.expr]) -> Any:
        made = ""
        for part in parts:
            value = self.value(part.value if isinstance(part, ast.FormattedValue) else part)
            plain = not isinstance(part, ast.FormattedValue) or part.format_spec is None
            if not isinstance(value, str | int | float) or not plain:
                return self._opaque(node, "this text")
            made += str(value)
            if len(made) > MAX_ITEMS:
                return self._opaque(node, "so long a text")
        return made

    def _member(self, node: ast.expr, owner: Any, place: Any) -> Any:
        if isinstance(owner, Opaque):
            return owner
        if isinstance(owner, Tensor) and type(place) is int and 0 <= place < 1000:
            return Tensor(owner.layer, owner.call, place)
        try:
            if isinstance(owner, list | tuple | dict | str):
                return owner[place]
        except (LookupError, TypeError):
            pass
        return self._opaque(node, "this part of a value")

    def _call(self, node: ast.Call) -> Any:
        function = node.func
        if isinstance(function, ast.Attribute):
            owner = self.value(function.value)
            if not isinstance(owner, Path):
                return self._method(node, owner, function.attr)
        called = self.value(function)
        args, named = self._arguments(node)
        try:
            match called:
                case Layer() | Sequential() | Functional():
                    return self.maker.apply(called, args, named)
                case Function(tree):
                    return self._function(node, tree, args, named)
                case Path(dotted) if dotted.startswith("builtins."):
                    return self._builtin(node, dotted.removeprefix("builtins."), args)
                case Path(dotted) if dotted.startswith("class."):
                    kind = dotted.removeprefix("class.")
                    is_ours = kind in LAYERS and LAYERS[kind].package != "keras"
                    return self.maker.layer(kind, args, named, "" if is_ours else "program")
                case Path(dotted):
                    return self.maker.call(dotted, args, named)
                case Opaque():
                    return called
        except Refusal as refusal:
            return self._opaque(node, str(refusal))
        return self._opaque(node, "this call")

    def _method(self, node: ast.Call, owner: Any, name: str) -> Any:
        """A method of a model or a list; those that change neither say nothing."""
        args, _ = self._arguments(node)
        try:
            if isinstance(owner, Sequential) and name == "add":
                self.maker.add(owner, *args[:1])
                return None
        except (Refusal, TypeError) as refusal:
            self._refuse(node, str(refusal))
        if isinstance(owner, list) and name == "append" and len(args) == 1:
            if len(owner) >= MAX_ITEMS:
                self._refuse(node, "so long a list")
            owner.append(args[0])
            return None
        return owner if isinstance(owner, Opaque) else self._opaque(node, f"the method {name}")

    def _arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        args: list[Any] = []
        for item in node.args:
            if isinstance(item, ast.Starred):
                inner = self.value(item.value)
                args.extend(inner if isinstance(inner, list | tuple) else [inner])
            else:
                args.append(self.value(item))
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict):
                named |= {str(key): item for key, item in value.items()}
        return args, named

    def _builtin(self, node: ast.Call, name: str, args: list[Any]) -> Any:
        for each in args:
            if isinstance(each, Opaque):
                return each
        try:
            return builtin(name, args)
        except Unknown:
            return self._opaque(node, f"this use of {name}")

    def _function(
        self, node: ast.Call, tree: ast.FunctionDef, args: list[Any], named: dict[str, Any]
    ) -> Any:
        """The value that a function of the program returns."""
        given = tree.args
        names = [each.arg for each in (*given.posonlyargs, *given.args)]
        if given.vararg or given.kwarg or len(args) > len(names) or len(self.scopes) > MAX_CALLS:
            return self._opaque(node, f"this call of {tree.name}")
        usual = [self.value(each) for each in given.defaults]
        bound = dict(zip(names[len(names) - len(usual) :], usual, strict=True))
        for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            if default is not None:
                bound[each.arg] = self.value(default)
        bound |= dict(zip(names, args, strict=False)) | named
        self.scopes.append(bound)
        try:
            self.run(tree.body)
        except Return as result:
            return result.value
        finally:
            self.scopes.pop()
        return None


def _builds(body: list[ast.stmt]) -> bool:
    """Whether statements may build a part of a model: a call of what a call gave, or an `add`."""
    return any(
        isinstance(node, ast.Call)
        and (
            isinstance(node.func, ast.Call)
            or (isinstance(node.func, ast.Attribute) and node.func.attr == "add")
        )
        for statement in body
        for node in ast.walk(statement)
    )
