"""Networks of several layers as PyTorch exports them, attention and its kin above all: every
operation is understood, and our build computes what ONNX Runtime does with the file.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from exporters.format import read, write
from tests.exporters.onnx.runtime import same_as_runtime, survives

torch = pytest.importorskip("torch", reason="PyTorch is the author of these files")
pytestmark = pytest.mark.keras
nn, functional = torch.nn, torch.nn.functional

Made = tuple[Any, Any]
"""A module and its input."""

MODULES: dict[str, Callable[[], Made]] = {}


def network(make: Callable[[], Made]) -> Callable[[], Made]:
    MODULES[make.__name__] = make
    return make


class Heads(nn.Module):  # type: ignore[misc, name-defined]
    """Attention of several heads, written out as in many programs."""

    def __init__(self, width: int = 16, heads: int = 4, causal: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        mask = torch.tril(torch.ones(32, 32)).view(1, 1, 32, 32) if causal else None
        self.register_buffer("mask", mask)

    def forward(self, x: Any) -> Any:
        batch, steps, width = x.shape
        parts = self.qkv(x).split(width, dim=2)
        q, k, v = (part.view(batch, steps, self.heads, -1).transpose(1, 2) for part in parts)
        scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(width // self.heads))
        if self.mask is not None:
            scores = scores.masked_fill(self.mask[:, :, :steps, :steps] == 0, -math.inf)
        made = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, steps, width)
        return self.out(made)


class Block(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, inner: Any, width: int = 16) -> None:
        super().__init__()
        self.inner = inner
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 32), nn.Linear(32, width)

    def forward(self, x: Any) -> Any:
        x = x + self.inner(self.one(x))
        return x + self.narrow(functional.gelu(self.wide(self.two(x))))


def lambda_module(function: Callable[..., Any], **layers: Any) -> Any:
    """A module of layers and a function of them."""

    class Made(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            for name, layer in layers.items():
                setattr(self, name, layer)

        def forward(self, x: Any) -> Any:
            return function(self, x)

    return Made()


@network
def gpt() -> Made:
    def forward(own: Any, tokens: Any) -> Any:
        x = own.tokens(tokens) + own.places(torch.arange(tokens.shape[1])[None])
        return own.head(own.norm(own.block(x)))

    layers = {
        "tokens": nn.Embedding(40, 16),
        "places": nn.Embedding(32, 16),
        "block": Block(Heads(causal=True)),
        "norm": nn.LayerNorm(16),
        "head": nn.Linear(16, 40, bias=False),
    }
    return lambda_module(forward, **layers), torch.randint(0, 40, (2, 12))


@network
def vision_transformer() -> Made:
    def forward(own: Any, x: Any) -> Any:
        x = own.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([own.token.expand(x.shape[0], -1, -1), x], 1) + own.places
        return own.head(own.block(x)[:, 0])

    layers = {
        "patches": nn.Conv2d(3, 16, 4, 4),
        "token": nn.Parameter(torch.randn(1, 1, 16)),
        "places": nn.Parameter(torch.randn(1, 10, 16)),
        "block": Block(Heads()),
        "head": nn.Linear(16, 5),
    }
    return lambda_module(forward, **layers), torch.randn(2, 3, 12, 12)


@network
def encoder_of_pytorch() -> Made:
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu")
    return nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), torch.randn(2, 10, 16)


@network
def attention_of_pytorch() -> Made:
    attention = nn.MultiheadAttention(16, 4, batch_first=True)
    return (
        lambda_module(lambda own, x: own.it(x, x, x, need_weights=True)[0], it=attention),
        torch.randn(2, 10, 16),
    )


@network
def causal_attention() -> Made:
    def forward(own: Any, x: Any) -> Any:
        q, k, v = (part.view(*part.shape[:2], 4, -1).transpose(1, 2) for part in (x, x * 2, x + 1))
        made = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return own.out(made.transpose(1, 2).flatten(2))

    return lambda_module(forward, out=nn.Linear(16, 16)), torch.randn(2, 10, 16)


@network
def windows() -> Made:
    """Parts of an image beside the samples, as in Swin."""

    def forward(own: Any, x: Any) -> Any:
        batch, channels, height, width = x.shape
        x = x.permute(0, 2, 3, 1).view(batch, height // 4, 4, width // 4, 4, channels)
        x = own.heads(x.permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, channels))
        x = x.view(batch, height // 4, width // 4, 4, 4, channels).permute(0, 1, 3, 2, 4, 5)
        return x.reshape(batch, height, width, channels).permute(0, 3, 1, 2)

    return lambda_module(forward, heads=Heads(12, 2)), torch.randn(2, 12, 8, 8)


@network
def mixer() -> Made:
    """Steps of ConvNeXt and ShuffleNet, a squeeze and an excitation."""

    def forward(own: Any, x: Any) -> Any:
        y = own.scale * own.dense(own.norm(own.deep(x).permute(0, 2, 3, 1)))
        x = x + y.permute(0, 3, 1, 2)
        batch, channels, height, width = x.shape
        x = x.view(batch, 4, channels // 4, height, width).transpose(1, 2).reshape(x.shape)
        one, two = x.chunk(2, 1)
        x = torch.cat([two, one], 1)
        return x * torch.sigmoid(own.gate(x.mean((2, 3))))[:, :, None, None]

    layers = {
        "deep": nn.Conv2d(8, 8, 3, padding=1, groups=8),
        "norm": nn.LayerNorm(8),
        "dense": nn.Linear(8, 8),
        "scale": nn.Parameter(torch.randn(8)),
        "gate": nn.Linear(8, 8),
    }
    return lambda_module(forward, **layers), torch.randn(2, 8, 6, 6)


@network
def norms() -> Made:
    def forward(own: Any, x: Any) -> Any:
        made = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * own.factor
        return own.several(made) + x.sum(1, keepdim=True)

    layers = {"factor": nn.Parameter(torch.rand(16) + 0.5), "several": nn.LayerNorm([10, 16])}
    return lambda_module(forward, **layers), torch.randn(2, 10, 16)


@network
def einsums() -> Made:
    def forward(own: Any, x: Any) -> Any:
        q = own.dense(x).view(2, 10, 4, 4)
        scores = torch.einsum("bqhd,bkhd->bhqk", q, q).softmax(-1)
        made = torch.einsum("bhqk,bkhd->bqhd", scores, q)
        return torch.einsum("bqhd,hde->bqe", made, own.out)

    layers = {"dense": nn.Linear(16, 16), "out": nn.Parameter(torch.randn(4, 4, 16))}
    return lambda_module(forward, **layers), torch.randn(2, 10, 16)


@network
def borders() -> Made:
    return (
        nn.Sequential(
            *(nn.ReflectionPad2d((2, 1, 1, 0)), nn.Conv2d(3, 4, 3), nn.ReplicationPad2d(2)),
            *(nn.Conv2d(4, 4, 3), nn.ConstantPad2d(1, 0.5), nn.Conv2d(4, 8, 3)),
            *(nn.CircularPad2d((1, 2, 1, 0)), nn.Conv2d(8, 12, 1)),
        ),
        torch.randn(2, 3, 8, 8),
    )


@network
def pixels() -> Made:
    return (
        nn.Sequential(
            *(nn.Conv2d(3, 12, 1), nn.PixelShuffle(2), nn.Conv2d(3, 4, 1), nn.PixelUnshuffle(2))
        ),
        torch.randn(2, 3, 6, 6),
    )


@network
def translator() -> Made:
    """One LSTM begins with the states that another ends with."""

    def forward(own: Any, x: Any) -> Any:
        return own.dense(own.two(x, own.one(x)[1])[0])

    layers = {
        "one": nn.LSTM(6, 5, batch_first=True),
        "two": nn.LSTM(6, 5, batch_first=True),
        "dense": nn.Linear(5, 6),
    }
    return lambda_module(forward, **layers), torch.randn(2, 7, 6)


@pytest.mark.parametrize(
    ("opset", "is_open"), [(14, False), (17, True)], ids=["14-batch", "17-any-batch"]
)
@pytest.mark.parametrize("name", MODULES)
def test_a_network_is_understood_and_computes_the_same(
    name: str, opset: int, is_open: bool
) -> None:
    torch.manual_seed(0)
    module, given = MODULES[name]()
    module.eval()
    stream = io.BytesIO()
    open_axes = {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}} if is_open else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, given, stream, opset_version=opset, dynamo=False, **open_axes)
    data = stream.getvalue()
    reading = read(data, f"{name}.onnx")
    assert [item.message for item in reading.diagnostics if item.severity != "hint"] == []
    same_as_runtime(reading, data, [given.numpy()])
    # Axes that only the file had are counted anew on the way; after that nothing changes.
    survives(read(write(reading.graph, "onnx", reading.weights), "again.onnx"))
