"""The mapping between layers and operations: one module per family, registered by being there."""
