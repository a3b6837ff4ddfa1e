"""Keras' YAML, as ``model.to_yaml()`` gave it until TensorFlow 2.5: the same configuration."""

from __future__ import annotations

import re
from typing import ClassVar

from exporters.format import Format, Reading
from exporters.keras_document import configuration_in
from exporters.keras_reading import network_of
from exporters.layout import place
from exporters.source import Source

_BEGINNING = re.compile(
    rb"(?m)^(?:---\s*)?(?:\{?\s*)?(?:class_name|config|backend|keras_version|model_config)\s*:"
)


class KerasYaml(Format):
    """The configuration of a Keras model as YAML."""

    name: ClassVar = "keras_yaml"
    label: ClassVar = "Keras YAML"
    extensions: ClassVar = (".yaml", ".yml")
    description: ClassVar = "What model.to_yaml() gave in Keras 1 and 2."
    order: ClassVar = 25

    def matches(self, source: Source) -> bool:
        if source.looks_like_json or b"\0" in source.head or not _BEGINNING.search(source.head):
            return False
        return b"class_name" in source.head and configuration_in(source.yaml) is not None

    def read(self, source: Source) -> Reading:
        network = network_of(configuration_in(source.yaml) or {}, name=source.name)
        return Reading(place(network.graph), self.name, network.diagnostics)
