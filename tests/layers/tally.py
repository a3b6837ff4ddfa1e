"""What the property test has seen: cases by layer, and where both sides agreed to disagree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of one run."""

    cases: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    refused_here: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused_there: Counter[str] = field(default_factory=Counter)

    def count(self, layer: str) -> None:
        """A case was drawn."""
        self.cases[layer] += 1

    def agree(self, layer: str) -> None:
        """Both sides took it."""
        self.agreed[layer] += 1

    def stricter(self, layer: str, code: str) -> None:
        """Refused here on purpose."""
        self.refused_here[layer, code] += 1

    def looser(self, layer: str) -> None:
        """Taken here on purpose."""
        self.refused_there[layer] += 1

    def __str__(self) -> str:
        total, taken = self.cases.total(), self.agreed.total()
        here, there = self.refused_here.total(), self.refused_there.total()
        least = min(self.cases.values(), default=0)
        return (
            f"{total:,} cases of {len(self.cases)} layers (at least {least} each):"
            f" {taken:,} taken by both, {total - taken - here - there:,} refused by both,"
            f" {here:,} refused here alone and {there:,} by Keras alone, for the reasons listed"
        )


TALLY = Tally()
