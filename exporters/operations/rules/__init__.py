"""How operations are computed by layers: a module for each family."""
