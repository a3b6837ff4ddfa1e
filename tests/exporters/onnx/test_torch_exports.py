"""Models as PyTorch exports them: read here, they compute what PyTorch computes."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pytest

from exporters.format import read
from tests.exporters.judging import computed

torch = pytest.importorskip("torch", reason="PyTorch is the author of these files")
pytestmark = pytest.mark.keras


def models() -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Modules with the shape of their input, channels first."""
    nn = torch.nn
    picture = (2, 3, 12, 12)

    class Several(nn.Module):  # type: ignore[misc, name-defined]
        """What modules do between their layers."""

        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Conv2d(3, 8, 3, padding=1)
            self.two = nn.Conv2d(3, 8, 1)
            self.head = nn.Linear(16 * 6 * 6, 5)

        def forward(self, x: Any) -> Any:
            made = torch.cat([self.one(x), torch.sigmoid(self.two(x)) * 2 + 1], 1)
            pooled = torch.nn.functional.avg_pool2d(made, 2)
            return self.head(pooled.view(pooled.size(0), -1))

    return {
        "activations": (
            nn.Sequential(
                nn.Conv2d(3, 4, 3, stride=2, padding=1),
                *(nn.ReLU6(), nn.ELU(0.5), nn.SELU(), nn.Hardsigmoid(), nn.Hardswish()),
                *(nn.Softplus(), nn.LeakyReLU(0.2), nn.PReLU(), nn.Softsign(), nn.GELU()),
                *(nn.SiLU(), nn.Mish(), nn.Tanh(), nn.LogSigmoid()),
            ),
            picture,
        ),
        "pools": (
            nn.Sequential(
                nn.MaxPool2d(3, 2, 1),
                nn.Conv2d(3, 8, 3, padding=2, dilation=2),
                nn.AvgPool2d(3, 1, 1, count_include_pad=False),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(8, 4),
                nn.Softmax(1),
            ),
            picture,
        ),
        "resampling": (
            nn.Sequential(
                nn.Upsample(scale_factor=2, mode="nearest"),
                nn.ConvTranspose2d(3, 4, 2, 2),
                nn.ZeroPad2d((1, 2, 0, 1)),
            ),
            picture,
        ),
        "groups": (
            nn.Sequential(
                nn.Conv2d(4, 8, 3, groups=2),
                nn.Conv2d(8, 8, 3, groups=8),
                nn.ConvTranspose2d(8, 6, 4, 2, 1, groups=2),
            ),
            (2, 4, 9, 9),
        ),
        "holes": (nn.Conv2d(3, 4, 3, stride=2, padding=1, dilation=2), picture),
        # A branch that the number of axes decides.
        "response": (nn.Sequential(nn.Conv2d(3, 4, 3), nn.LocalResponseNorm(3)), picture),
        "several": (Several(), picture),
        "sequence": (nn.Sequential(nn.Conv1d(6, 4, 3, padding=1), nn.ReLU()), (2, 6, 10)),
    }


def exported(module: Any, given: tuple[Any, ...], opset: int) -> bytes:
    """What PyTorch writes of a module."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, given, stream, opset_version=opset, dynamo=False)
    return stream.getvalue()


@pytest.mark.parametrize("both", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_states_are_handed_from_module_to_module(kind: str, both: bool) -> None:
    nn, ways = torch.nn, 2 if both else 1

    class Translating(nn.Module):  # type: ignore[misc, name-defined]
        """A network of encoder and decoder, which are given states, and hand them on."""

        def __init__(self) -> None:
            super().__init__()
            made = getattr(nn, kind)
            self.encoder = made(4, 3, batch_first=True, bidirectional=both)
            self.decoder = made(5, 3, batch_first=True, bidirectional=both)

        def forward(self, x: Any, y: Any, *start: Any) -> Any:
            _, states = self.encoder(x, start if kind == "LSTM" else start[0])
            return self.decoder(y, states)[0]

    torch.manual_seed(0)
    module = Translating().eval()
    start = [torch.randn(ways, 2, 3) for _ in range(2 if kind == "LSTM" else 1)]
    given = (torch.randn(2, 6, 4), torch.randn(2, 7, 5), *start)
    reading = read(exported(module, given, 17), "states.onnx")
    assert {found.severity for found in reading.diagnostics} <= {"hint"}
    kinds = {node.type for node in reading.graph}
    assert ("Bidirectional" if both else {"RNN": "SimpleRNN"}.get(kind, kind)) in kinds
    inputs = [one.numpy() for one in given[:2]] + [one.numpy().swapaxes(0, 1) for one in start]
    (found,) = computed(reading.graph, reading.weights or {}, inputs)
    np.testing.assert_allclose(found, module(*given).detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize("name", models())
def test_a_module_computes_the_same_here(name: str, opset: int) -> None:
    torch.manual_seed(0)
    module, shape = models()[name]
    module.eval()
    given = torch.randn(*shape)
    reading = read(exported(module, (given,), opset), f"{name}.onnx")
    assert reading.weights is not None or not list(module.parameters())
    expected = module(given).detach().numpy()
    last = [0, *range(2, given.dim()), 1]
    inputs = [given.numpy().transpose(last)]
    (found,) = computed(reading.graph, reading.weights or {}, inputs)
    if found.ndim > 2:
        expected = expected.transpose([0, *range(2, expected.ndim), 1])
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)
