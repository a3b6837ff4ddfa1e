"""One module for each family of layers: how PyTorch says them."""
