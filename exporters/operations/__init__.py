"""Operations that stand between the layers of a Keras model (``x + y``, ``x[:, 0]``,
``keras.ops.mean``), as layers of the catalogue that compute the same.

tf.keras keeps them as layers of the classes TFOpLambda and SlicingOpLambda, Keras 3 by the class of
the operation. :mod:`.operation` says what one of either spelling is; a module of
:mod:`exporters.operations.rules` for each family says by which layers it is computed; what none of
them says stays as it is.
"""
