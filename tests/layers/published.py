"""Networks whose figures are published, drawn node by node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from layers.graph import Edge, Graph, Node


@dataclass
class Drawing:
    """A graph that grows; every layer goes behind those named, or behind the last."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def add(self, kind: str, *behind: str, **params: Any) -> str:
        identity = f"n{len(self.nodes)}"
        name = f"{kind.lower()}_{len(self.nodes)}"
        sources = behind or ((self.nodes[-1].id,) if self.nodes else ())
        self.nodes.append(Node(identity, kind, name, params))
        self.edges += [Edge(source, identity, 0, port) for port, source in enumerate(sources)]
        return identity

    def graph(self, name: str) -> Graph:
        return Graph(self.nodes, self.edges, name=name)


def vgg16() -> Graph:
    """Simonyan & Zisserman 2014: 138,357,544 weights, 15.5 G multiply-accumulates."""
    drawing = Drawing()
    drawing.add("InputLayer", shape=[224, 224, 3])
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            drawing.add("Conv2D", filters=filters, kernel_size=3, padding="same", activation="relu")
        drawing.add("MaxPooling2D")
    drawing.add("Flatten")
    drawing.add("Dense", units=4096, activation="relu")
    drawing.add("Dense", units=4096, activation="relu")
    drawing.add("Dense", units=1000, activation="softmax")
    return drawing.graph("vgg16")


def resnet50() -> Graph:
    """He et al. 2015: 25,636,712 weights, 3.9 G multiply-accumulates."""
    drawing = Drawing()
    drawing.add("InputLayer", shape=[224, 224, 3])
    drawing.add("ZeroPadding2D", padding=[3, 3, 3, 3])
    drawing.add("Conv2D", filters=64, kernel_size=7, strides=2)
    drawing.add("BatchNormalization")
    drawing.add("ReLU")
    drawing.add("ZeroPadding2D", padding=[1, 1, 1, 1])
    last = drawing.add("MaxPooling2D", pool_size=3, strides=2)
    for filters, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for number in range(count):
            step = 2 if number == 0 and filters > 64 else 1
            short = last
            if number == 0:
                drawing.add("Conv2D", last, filters=4 * filters, kernel_size=1, strides=step)
                short = drawing.add("BatchNormalization")
            drawing.add("Conv2D", last, filters=filters, kernel_size=1, strides=step)
            drawing.add("BatchNormalization")
            drawing.add("ReLU")
            drawing.add("Conv2D", filters=filters, kernel_size=3, padding="same")
            drawing.add("BatchNormalization")
            drawing.add("ReLU")
            drawing.add("Conv2D", filters=4 * filters, kernel_size=1)
            deep = drawing.add("BatchNormalization")
            drawing.add("Add", short, deep)
            last = drawing.add("ReLU")
    drawing.add("GlobalAveragePooling2D")
    drawing.add("Dense", units=1000, activation="softmax")
    return drawing.graph("resnet50")
