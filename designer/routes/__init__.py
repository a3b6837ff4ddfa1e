"""The HTTP interface: one module a subject, each with a `router`, registered by being there."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ninja import NinjaAPI, Router


def register(api: NinjaAPI) -> None:
    """Add the router of every module of this package to an API."""
    for module in pkgutil.iter_modules(__path__):
        router = import_module(f"{__name__}.{module.name}").router
        if not isinstance(router, Router):
            raise TypeError(f"{__name__}.{module.name}.router is no Router")
        api.add_router("", router)
