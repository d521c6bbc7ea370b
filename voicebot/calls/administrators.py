"""Who of the clinic's administrators is free: counted by the transfers that this node knows of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class Administrators:
    """how_many: queue -> people who pick up its telephone. A transfer takes one from the moment that they are rung
    until they hang up, or until nobody came. Another node's transfers are not seen here."""

    def __init__(self, how_many: Mapping[str, int]) -> None:
        self._how_many = dict(how_many)
        self._taken: dict[str, str] = {}  # call -> queue

    def take(self, call_id: str, queue: str) -> None:
        """A call is being handed over to somebody of this queue."""
        self._taken[call_id] = queue

    def release(self, call_id: str) -> None:
        """Nobody came, they have hung up, or the call is over. One that had nobody is a success."""
        self._taken.pop(call_id, None)

    def free(self, queue: str) -> int:
        """How many of this queue could take a call now; 0 for a queue that there is not."""
        return max(0, self._how_many.get(queue, 0) - Counter(self._taken.values())[queue])

    def free_of_all(self) -> int:
        return sum(self.free(queue) for queue in self._how_many)

    @property
    def legs(self) -> int:
        """How many lines their telephones take now."""
        return len(self._taken)
