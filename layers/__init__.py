"""What a network is: layers, graphs, their analysis and their mistakes. Standard library only.

Importing the package fills the registry: every module of `layers.catalog` declares layers, and a
layer is registered by being declared.
"""

from layers import catalog

__all__ = ["catalog"]
