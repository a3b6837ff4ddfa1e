"""The HTTP interface: one module a subject, each with a `router`, registered by being there."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ninja import NinjaAPI, Router


def register(api: NinjaAPI, *packages: str) -> None:
    """Add the router of every module of some packages to an API."""
    for package in packages:
        for module in pkgutil.iter_modules(import_module(package).__path__):
            router = import_module(f"{package}.{module.name}").router
            if not isinstance(router, Router):
                raise TypeError(f"{package}.{module.name}.router is no Router")
            api.add_router("", router)
