"""TensorFlow: graphs and saved models read as networks without TensorFlow, and written with it.

Reading goes in four steps: :mod:`messages` (bytes, text or JSON to a GraphDef), :mod:`program`
(operations with functions inlined, what leads to the outputs), :mod:`patterns` (several operations
that are one), :mod:`ops` (an operation to a layer). No graph is ever executed.
"""
