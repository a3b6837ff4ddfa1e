"""Serving samples in batches: stored bytes in memory, shuffled, shaped and scaled on the way to the
network.

Samples stay as they are stored (an image's bytes take a quarter of its floats) and nothing is
copied to keep some aside: halves are index arrays. The order of an epoch follows from the seed and
the epoch's number alone, so that a resumed run sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from training.preparation import Preparation

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Batches, served anew for each epoch.

    Attributes:
        dataset: gives (x, y) of (batch, *shape) and (batch, *label); y is a tuple where several
            outputs are compared with labels.
        steps: batches in an epoch.
        epoch: set before each epoch; chooses its order.
    """

    dataset: tf.data.Dataset
    steps: int
    epoch: tf.Variable


def serve(
    x: Array,
    labels: Sequence[Array],
    preparation: Preparation,
    batch_size: int,
    *,
    indices: Array | None = None,
    seed: int | None = None,
) -> Pipeline:
    """Serve samples in batches.

    Args:
        x: samples as stored (count, *stored).
        labels: for each output, labels as its loss takes them (count, *label).
        preparation: what is done to each sample.
        batch_size: samples in a batch; the last one may be smaller.
        indices: which samples; all of them where None.
        seed: shuffles each epoch; None keeps the order.
    """
    count = len(x) if indices is None else len(indices)
    chosen = tf.constant(np.arange(count) if indices is None else indices, tf.int64)
    epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
    whole = count // batch_size * batch_size

    def order(_: tf.Tensor) -> tf.Tensor:
        if seed is None:
            return chosen
        return tf.random.experimental.stateless_shuffle(chosen, tf.stack([seed, epoch]))

    def batches(ordered: tf.Tensor) -> tf.data.Dataset:
        full = tf.reshape(ordered[:whole], (count // batch_size, batch_size))
        served = tf.data.Dataset.from_tensor_slices(full)
        if whole < count:
            served = served.concatenate(tf.data.Dataset.from_tensors(ordered[whole:]))
        return served

    def gather(at: tf.Tensor, samples: tuple[tf.Tensor, Any]) -> tuple[tf.Tensor, Any]:
        taken = tf.gather(samples[0], at)
        if preparation.repeat > 1:
            taken = tf.repeat(taken, preparation.repeat, axis=-1)
        taken = tf.cast(tf.reshape(taken, (-1, *preparation.shape)), preparation.dtype)
        if preparation.scale is not None:
            taken *= tf.constant(preparation.scale, preparation.dtype)
        return taken, tf.nest.map_structure(lambda held: tf.gather(held, at), samples[1])

    # No Python control flow on tensors above, so there is nothing for autograph to convert.
    plain = tf.autograph.experimental.do_not_convert
    # One permutation for the whole epoch, cut into batches of indices: one gather a batch instead
    # of a queue of samples.
    ordered = tf.data.Dataset.range(1).map(plain(order)).flat_map(plain(batches))
    # Outputs that take the same array share one tensor.
    tensors = {id(y): tf.constant(y) for y in labels}
    ys = tuple(tensors[id(y)] for y in labels)
    held = tf.data.Dataset.from_tensors((tf.constant(x), ys if len(ys) > 1 else ys[0])).repeat()
    dataset = tf.data.Dataset.zip((ordered, held)).map(
        plain(gather), num_parallel_calls=tf.data.AUTOTUNE
    )
    options = tf.data.Options()
    # Rewriting such a small graph costs more at the start of each epoch than it ever saves.
    options.experimental_optimization.apply_default_optimizations = False
    steps = math.ceil(count / batch_size)
    dataset = dataset.with_options(options).prefetch(tf.data.AUTOTUNE)
    return Pipeline(dataset.apply(tf.data.experimental.assert_cardinality(steps)), steps, epoch)
