"""The layers, one module for each kind; a module dropped in here is found and registered."""

import pkgutil
from importlib import import_module

for module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
