"""All routes of training as one router, for the API that the project puts together."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ninja import Router

from training.server import routes

router = Router()
for module in pkgutil.iter_modules(routes.__path__):
    router.add_router("", import_module(f"{routes.__name__}.{module.name}").router)
