"""The ways in which Keras has laid out layers in HDF5, a module for each."""
