"""Names that are given out once each."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Those that are taken, which never come free again."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._numbers = dict.fromkeys(taken, 0)

    def __contains__(self, name: str) -> bool:
        return name in self._numbers

    def free(self, stem: str) -> str:
        """The stem, with a number behind it as Keras does where it is taken; taken from now on.

        Thousands may be called alike: each goes on from the number of the last.
        """
        name = stem
        while name in self._numbers:
            number = self._numbers[stem] = self._numbers[stem] + 1
            name = f"{stem}_{number}"
        self._numbers[name] = 0
        return name
