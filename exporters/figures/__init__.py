"""Figures of a network: laid out once (a style), painted anywhere (SVG, PNG, PDF).

A style turns a network into a :class:`~exporters.figures.drawing.Drawing` of a few primitives; a
painter turns a drawing into bytes. Neither knows the other.
"""
