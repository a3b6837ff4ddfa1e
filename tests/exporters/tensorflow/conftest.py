"""What tests of TensorFlow's graphs start from."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def frames() -> Any:
    """TensorFlow 1's control flow."""
    from tensorflow.compat import v1

    was_on = v1.control_flow_v2_enabled()
    v1.disable_control_flow_v2()
    yield
    if was_on:
        v1.enable_control_flow_v2()
