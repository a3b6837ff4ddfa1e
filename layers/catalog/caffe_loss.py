"""Losses and measures as nodes, as Caffe draws them: training reads its loss from them.

They stand at the end of a network, take its output and the labels, and are no part of the model.
What training makes of them: layers.ends.
"""

from __future__ import annotations

from typing import ClassVar

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer, Role
from layers.params import Axis, Bool, Choice, Float, Int, Nullable, Text
from layers.tensor import Tensor, product, shape_text

SOURCE = "https://caffe.berkeleyvision.org/tutorial/layers/"
LABELS = Problem(
    "loss.labels",
    "{layer} needs labels of shape {expected} for predictions of {shape}; got {labels}.",
    "Connect the labels of the data to its second input.",
)


class _Loss(Layer):
    """Base of the losses.

    Class attributes:
        keras_loss: name of the same loss in Keras, None where it has none.
        unlike: how the loss of Keras differs, where it does.
        activation: function that the loss applies to its input first, so that predictions need it.
    """

    category = Category.LOSS
    package = "caffe"
    role: ClassVar[Role] = "loss"
    min_inputs = 1
    max_inputs: ClassVar[int | None] = 3
    keras_loss: ClassVar[str | None] = None
    unlike: ClassVar[str] = ""
    activation: ClassVar[str | None] = None

    loss_weight = Float(1.0, help="Factor of the loss.")

    def output(self, *inputs: Tensor) -> Tensor:
        if len(inputs) > 1:
            self.check_labels(inputs[0], inputs[1])
        return Tensor(())

    def check_labels(self, predicted: Tensor, labels: Tensor) -> None:
        """Refuse labels that do not belong to the predictions. Raises Invalid."""
        expected = product(predicted.shape[1:])
        given = product(labels.shape[1:])
        if None not in (expected, given) and expected != given:
            self.refuse(predicted, labels, shape_text(predicted.shape))

    def refuse(self, predicted: Tensor, labels: Tensor, expected: str) -> None:
        """Raises Invalid."""
        raise Invalid(
            LABELS,
            layer=type(self).__name__,
            expected=expected,
            shape=shape_text(predicted.shape),
            labels=shape_text(labels.shape),
        )


class _ClassLoss(_Loss):
    """Shared ground of losses whose labels are the numbers of classes."""

    examples = (
        Example(((None, 10), (None,)), ((),)),
        Example(((None, 10), (None, 1)), ((),), {"loss_weight": 0.3}),
    )

    ignore_label = Nullable(Int(help="Label of samples that do not count.", advanced=True))

    def check_labels(self, predicted: Tensor, labels: Tensor) -> None:
        self.check_least(predicted, 2)
        expected = product(predicted.shape[1:-1])
        given = product(labels.shape[1:])
        if None not in (expected, given) and expected != given:
            self.refuse(predicted, labels, shape_text(predicted.shape[:-1]))


class SoftmaxWithLoss(_ClassLoss):
    """Turn scores into probabilities, and punish a low one for the true class.

    Input:  scores (batch, ..., classes) and labels (batch, ...)
    Output: one number
    """

    entries = (Entry("Softmax With Loss", "Softmax损失", keywords=("cross entropy", "Caffe")),)
    source = SOURCE + "softmaxwithloss.html"
    keras_loss = "sparse_categorical_crossentropy"
    activation = "softmax"

    axis = Axis(-1, help="Axis of the classes.")


class MultinomialLogisticLoss(_ClassLoss):
    """Punish a low probability for the true class.

    Input:  probabilities (batch, ..., classes) and labels (batch, ...)
    Output: one number
    """

    entries = (
        Entry("Multinomial Logistic Loss", "多项逻辑损失", keywords=("cross entropy", "Caffe")),
    )
    source = SOURCE + "multinomiallogisticloss.html"
    keras_loss = "sparse_categorical_crossentropy"


class InfogainLoss(_ClassLoss):
    """Punish low probabilities, weighted by a matrix of how alike classes are.

    Input:  probabilities (batch, ..., classes), labels (batch, ...), and the matrix (classes,
            classes) where it is not in a file
    Output: one number
    """

    entries = (Entry("Infogain Loss", "信息熵损失", keywords=("information gain", "Caffe")),)
    source = SOURCE + "infogainloss.html"

    source_file = Text("", help="File with the matrix.")
    axis = Axis(-1, help="Axis of the classes.")


class HingeLoss(_ClassLoss):
    """Punish scores that are not clearly on the right side.

    Input:  scores (batch, classes) and labels (batch)
    Output: one number
    """

    entries = (Entry("Hinge Loss", "铰链损失", keywords=("SVM", "Caffe")),)
    source = SOURCE + "hingeloss.html"
    keras_loss = "categorical_hinge"
    unlike = "only the best of the wrong classes counts"

    norm = Choice(("L1", "L2"), "L1", help="Whether the distance or its square counts.")


class EuclideanLoss(_Loss):
    """Punish the squared distance: half the sum of squares for each sample.

    Input:  predictions (batch, ...) and targets (batch, ...)
    Output: one number
    """

    entries = (Entry("Euclidean Loss", "欧式损失", keywords=("mean squared error", "Caffe")),)
    source = SOURCE + "euclideanloss.html"
    keras_loss = "mean_squared_error"
    unlike = "it is a mean over the values, not half their sum"
    examples = (Example(((None, 4), (None, 4)), ((),)),)


class SigmoidCrossEntropyLoss(_Loss):
    """Turn scores into probabilities, and punish those that are far from 0 or 1 as the labels say.

    Input:  scores (batch, ...) and targets (batch, ...) between 0 and 1
    Output: one number
    """

    entries = (
        Entry("Sigmoid Cross Entropy Loss", "互熵损失", keywords=("binary cross entropy", "Caffe")),
    )
    source = SOURCE + "sigmoidcrossentropyloss.html"
    keras_loss = "binary_crossentropy"
    unlike = "it is a mean over the values, not their sum"
    activation = "sigmoid"
    examples = (Example(((None, 4), (None, 4)), ((),)),)


class ContrastiveLoss(_Loss):
    """Pull the vectors of alike samples together and push those of others apart.

    Input:  vectors (batch, features) twice, and whether they are alike (batch)
    Output: one number
    """

    entries = (Entry("Contrastive Loss", "对比损失", keywords=("siamese", "Caffe")),)
    min_inputs = 2
    source = "Hadsell et al. 2006, https://doi.org/10.1109/CVPR.2006.100"
    examples = (Example(((None, 4), (None, 4), (None,)), ((),)),)

    margin = Float(1.0, minimum=0.0, help="Distance beyond which nothing is pushed.")
    legacy_version = Bool(False, help="Whether squares are taken as Caffe once did.", advanced=True)


class Accuracy(_ClassLoss):
    """Measure how often the true class is among the best.

    Input:  scores (batch, ..., classes) and labels (batch, ...)
    Output: one number
    """

    entries = (Entry("Accuracy", "准确性", keywords=("measure", "top-k", "Caffe")),)
    role: ClassVar[Role] = "measure"
    source = SOURCE + "accuracy.html"

    top_k = Int(1, minimum=1, help="Among how many of the best the true class must be.")
    axis = Axis(-1, help="Axis of the classes.")


def keras_loss(layer: Layer) -> str | None:
    """The name of a loss node's loss in Keras; None where it has none, or the node is no loss."""
    return layer.keras_loss if isinstance(layer, _Loss) and layer.role == "loss" else None


def unlike_keras(layer: Layer) -> list[str]:
    """How a loss node's loss differs from that of Keras, in words."""
    found = [layer.unlike] if isinstance(layer, _Loss) and layer.unlike else []
    if layer.values.get("ignore_label") is not None:
        found.append("samples with ignore_label count like others")
    if layer.values.get("norm") == "L2":
        found.append("distances are not squared")
    return found


def activation(layer: Layer) -> str | None:
    """The function that a loss node applies to its input before it compares."""
    return layer.activation if isinstance(layer, _Loss) else None
