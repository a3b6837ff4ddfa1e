"""How a network is spelt elsewhere: formats that read and write files, and Keras as the one whose
output is a live model.

Imports `layers`; Keras only in :mod:`exporters.keras_model`, which only workers and scripts load.
"""
