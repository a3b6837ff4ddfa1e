"""ONNX, read and written: operations with constants on one side, layers with weights on the other.

The mapping lies in :mod:`exporters.onnx.ops`, one module per family, both directions side by side.
Source: https://onnx.ai/onnx/operators/
"""
