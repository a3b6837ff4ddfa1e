"""Python programs that build Keras models, read without running them."""
