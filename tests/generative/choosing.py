"""Where choices come from: Hypothesis (it shrinks), or every possible run of choices one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Chooser:
    """Draws from a number of options."""

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        raise NotImplementedError

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; the first is the simplest."""
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.below(100) >= 100 - percent


class Draw(Protocol):
    """What `st.composite` and `st.data` give."""

    def __call__(self, strategy: st.SearchStrategy[int]) -> int:
        """One value."""


class Drawing(Chooser):
    """Choices by Hypothesis."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        return self.draw(st.integers(0, count - 1)) if count > 1 else 0


class Rolling(Chooser):
    """Choices by a seeded die."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        return self.random.randrange(count)


class _Replay(Chooser):
    def __init__(self, path: list[int]) -> None:
        self.path = path
        self.sizes: list[int] = []

    def below(self, count: int) -> int:
        index = len(self.sizes)
        if index == len(self.path):
            self.path.append(0)
        self.sizes.append(count)
        return self.path[index]


def every(build: Callable[[Chooser], T]) -> Iterator[T]:
    """What `build` gives for every possible run of choices, in order."""
    path: list[int] = []
    while True:
        replay = _Replay(path)
        yield build(replay)
        while path and path[-1] + 1 == replay.sizes[len(path) - 1]:
            path.pop()
        if not path:
            return
        path[-1] += 1
