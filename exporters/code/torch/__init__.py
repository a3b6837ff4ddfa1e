"""PyTorch code: one module of rules per family of layers, registered by being in `families`."""
