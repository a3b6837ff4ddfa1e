"""Functions by name, declared by the modules of a package and found by their being there."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Generic, TypeVar

Function = TypeVar("Function")


class Registry(Generic[Function]):
    """A table that decorators fill: ``@table("Dense", "Conv2D")``.

    Args:
        package: whose modules declare the functions; imported when a name is first looked up.
        what: what stands under a name, for the error of a second declaration.
    """

    def __init__(self, package: str, what: str) -> None:
        self.package = package
        self.what = what
        self._functions: dict[str, Function] = {}
        self._is_loaded = False

    def __call__(self, *names: str) -> Callable[[Function], Function]:
        """Declare a function under names. Raises ValueError where one is taken."""

        def declare(function: Function) -> Function:
            for name in names:
                if name in self._functions:
                    raise ValueError(f"{self.what} {name!r} is declared twice")
                self._functions[name] = function
            return function

        return declare

    def get(self, name: str) -> Function | None:
        """The function of a name, if any."""
        self.load()
        return self._functions.get(name)

    def names(self) -> list[str]:
        """All names, in alphabetical order."""
        self.load()
        return sorted(self._functions)

    def load(self) -> None:
        """Import the package's modules."""
        if not self._is_loaded:
            for module in pkgutil.iter_modules(import_module(self.package).__path__):
                import_module(f"{self.package}.{module.name}")
            self._is_loaded = True
