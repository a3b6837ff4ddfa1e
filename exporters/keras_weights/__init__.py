"""Weights as the generations of Keras keep them in HDF5: read from every layout, written in two.

One module of :mod:`exporters.keras_weights.layouts` for each way in which layers have been laid out
in a file; :mod:`.arrangement` turns the arrays of one layer into those of the catalogue,
:mod:`.matching` finds the layer they belong to.
"""
