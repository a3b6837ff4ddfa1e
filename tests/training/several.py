"""Networks with several losses, and the same by hand: as Keras programs whose outputs are named as
the losses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from exporters.format import read
from layers.graph import Edge, Graph, Node
from tests.training.networks import LayerSpec, dense, image_input

GOOGLENET = """
name: "small_googlenet"
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { crop_size: 8 } data_param { source: "train" batch_size: 32 } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
  transform_param { crop_size: 8 } data_param { source: "test" batch_size: 50 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
  num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "loss1/fc" type: "InnerProduct" bottom: "conv" top: "loss1/fc"
  inner_product_param { num_output: 10 weight_filler { type: "xavier" } } AUXILIARY }
layer { name: "loss1/loss" type: "SoftmaxWithLoss" bottom: "loss1/fc" bottom: "label"
  top: "loss1/loss1" loss_weight: 0.3 AUXILIARY }
layer { name: "left" type: "Convolution" bottom: "conv" top: "left"
  convolution_param { num_output: 3 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "right" type: "Convolution" bottom: "conv" top: "right" convolution_param {
  num_output: 2 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "inception/output" type: "Concat" bottom: "left" bottom: "right" top: "both" }
layer { name: "loss2/fc" type: "InnerProduct" bottom: "both" top: "loss2/fc"
  inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss2/loss" type: "SoftmaxWithLoss" bottom: "loss2/fc" bottom: "label"
  top: "loss2/loss1" loss_weight: 0.3 }
layer { name: "conv3" type: "Convolution" bottom: "both" top: "conv3"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "loss3/fc" type: "InnerProduct" bottom: "conv3" top: "loss3/fc"
  inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss3/loss3" type: "SoftmaxWithLoss" bottom: "loss3/fc" bottom: "label"
  top: "loss3/loss3" loss_weight: 1 }
layer { name: "loss3/top-1" type: "Accuracy" bottom: "loss3/fc" bottom: "label" top: "top-1"
  include { phase: TEST } }
"""
IN_TRAINING = "include { phase: TRAIN }"


def googlenet(auxiliary: str = "") -> Graph:
    """Three losses of the weights 0.3, 0.3 and 1, as GoogLeNet's file has them."""
    return read(GOOGLENET.replace("AUXILIARY", auxiliary), "train_val.prototxt").graph


def tree(nodes: dict[str, LayerSpec], *edges: str) -> Graph:
    """A network of nodes whose ids are their names, and edges ``from to [from's port] [to's]``."""
    drawn = [Node(name, kind, name, params) for name, (kind, params) in nodes.items()]
    wired = []
    for edge in edges:
        source, target, *ports = edge.split()
        wired.append(Edge(source, target, *map(int, ports)))
    return Graph(drawn, wired)


def two_heads(units: int = 10) -> Graph:
    """Two outputs, no loss node."""
    nodes = {
        "x": image_input(64),
        "trunk": dense(12, "relu"),
        "first": dense(10, "softmax"),
        "more": dense(11, "tanh"),
        "second": dense(units),
    }
    return tree(nodes, "x trunk", "trunk more", "more second", "trunk first")


def stages() -> Graph:
    """What the first loss compares feeds the second stage, too; two losses compare one tensor."""
    nodes = {
        "x": image_input(64),
        "trunk": dense(12, "relu"),
        "stage1": dense(10),
        "stage2": dense(10),
        "a": ("HingeLoss", {"loss_weight": 0.5}),
        "b": ("HingeLoss", {"loss_weight": 2.0}),
        "c": ("SoftmaxWithLoss", {"loss_weight": 0.25}),
        "d": ("HingeLoss", {"loss_weight": 0.5}),
    }
    edges = ["x trunk", "trunk stage1", "stage1 stage2", "stage1 a", "stage2 b", "stage2 c"]
    return tree(nodes, *edges, "stage2 d")


def in_training(loss: str) -> Graph:
    """The same with a loss that there is in training alone."""
    graph = stages()
    return graph.with_node(replace(graph.nodes[loss], phase="train"))


def block_heads() -> Graph:
    """Two heads that are one block."""
    inner = [
        {"id": "in", "type": "BlockInput", "name": "in"},
        {"id": "mid", "type": "Dense", "name": "mid", "params": {"units": 9}},
        {"id": "p", "type": "Dense", "name": "p", "params": {"units": 10}},
        {"id": "q", "type": "Dense", "name": "q", "params": {"units": 10}},
    ]
    edges = [
        {"source": source, "target": target}
        for source, target in [("in", "mid"), ("mid", "p"), ("mid", "q")]
    ]
    graph = tree({"x": image_input(64), "heads": ("Block", {"block": "pair"})}, "x heads")
    pair = {"params": {}, "nodes": inner, "edges": edges}
    return Graph(graph.nodes, graph.edges, {"pair": pair})


def drawn(graph: Graph) -> Any:
    """Weights by node, as Keras draws them."""
    import keras

    from exporters.keras_model import build, weights_of

    keras.utils.set_random_seed(7)
    return weights_of(build(graph), graph)


def plain_googlenet(keras: Any) -> Any:
    """The same by hand; its outputs are named as the losses."""
    layers = keras.layers
    x = keras.Input((8, 8, 3))
    conv = layers.ReLU()(layers.Conv2D(4, 3, padding="same", name="conv")(x))
    left = layers.Conv2D(3, 1, name="left")(conv)
    both = layers.Concatenate()([left, layers.Conv2D(2, 3, padding="same", name="right")(conv)])
    ends = []
    for name, tensor in (
        ("loss1", conv),
        ("loss2", both),
        ("loss3", layers.Conv2D(4, 3, name="conv3")(both)),
    ):
        scores = layers.Dense(10, name=f"{name}_fc")(layers.Flatten()(tensor))
        ends.append(layers.Softmax(name=name)(scores))
    return keras.Model(x, ends)


def plain_heads(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((64,))
    trunk = layers.Dense(12, "relu", name="trunk")(x)
    more = layers.Dense(11, "tanh", name="more")(trunk)
    first = layers.Dense(10, "softmax", name="first")(trunk)
    return keras.Model(x, [first, layers.Dense(10, name="second")(more)])


def plain_stages(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((64,))
    stage1 = layers.Dense(10, name="stage1")(layers.Dense(12, "relu", name="trunk")(x))
    stage2 = layers.Dense(10, name="stage2")(stage1)
    ends = {"a": stage1, "b": stage2, "d": stage2}
    named = [layers.Identity(name=name)(end) for name, end in ends.items()]
    return keras.Model(x, [*named, layers.Softmax(name="c")(stage2)])


def plain_block(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((64,))
    mid = layers.Dense(9, name="heads_mid")(x)
    heads = {"heads": "heads_p", "heads_1": "heads_q"}
    return keras.Model(
        x,
        [
            layers.Identity(name=name)(layers.Dense(10, name=layer)(mid))
            for name, layer in heads.items()
        ],
    )


def loss_within(units: int = 10, loss: str = "SoftmaxWithLoss") -> Graph:
    """A network whose last layer and loss, of the weight 0.5, are a block."""
    inner = tree(
        {
            "in": ("BlockInput", {}),
            "score": dense(units),
            "loss": (loss, {"loss_weight": 0.5}),
        },
        "in score",
        "score loss",
    ).to_json()
    head = {"params": {}, "nodes": inner["nodes"], "edges": inner["edges"]}
    drawn = {"x": image_input(64), "t": dense(12, "relu"), "head": ("Block", {"block": "head"})}
    graph = tree(drawn, "x t", "t head")
    return Graph(graph.nodes, graph.edges, {"head": head}, "within")


def head_within() -> Graph:
    """Two heads, of which one lies in a block and leads nowhere; the other stands behind it."""
    inner = tree(
        {"in": ("BlockInput", {}), "aux": dense(10, "softmax"), "out": dense(12)},
        "in aux",
        "in out",
    ).to_json()
    trunk = {"params": {}, "nodes": inner["nodes"], "edges": inner["edges"]}
    graph = tree(
        {
            "x": image_input(64),
            "trunk": ("Block", {"block": "trunk"}),
            "head": dense(10, "softmax"),
        },
        "x trunk",
        "trunk head 1",
    )
    return Graph(graph.nodes, graph.edges, {"trunk": trunk}, "within")


def _block(nodes: dict[str, LayerSpec], *edges: str) -> dict[str, Any]:
    stored = tree(nodes, *edges).to_json()
    return {"params": {}, "nodes": stored["nodes"], "edges": stored["edges"]}


def hidden_heads() -> list[Graph]:
    """Networks with a head within blocks that no port gives: the second one of a block in a block,
    and one that leads to an input which nothing takes.
    """
    heads = {"p": dense(10, "softmax"), "q": dense(10, "softmax")}
    blocks = {
        "pair": _block({"in": ("BlockInput", {}), **heads}, "in p", "in q"),
        "outer": _block({"in": ("BlockInput", {}), "use": ("Block", {"block": "pair"})}, "in use"),
        "half": _block(
            {"in": ("BlockInput", {}), "none": ("BlockInput", {}), "last": dense(10)}, "in last"
        ),
    }
    one = tree({"x": image_input(64), "outer": ("Block", {"block": "outer"})}, "x outer")
    drawn = {
        "x": image_input(64),
        "pair": ("Block", {"block": "pair"}),
        "half": ("Block", {"block": "half"}),
    }
    two = tree(drawn, "x pair", "x half", "pair half 0 1")
    return [Graph(graph.nodes, graph.edges, blocks, "hidden") for graph in (one, two)]
