"""What can be made to go wrong, for tests: slow and broken answers, and notices that come late, twice or never."""

import random
import threading
from dataclasses import dataclass, field


@dataclass
class Fault:
    """A trouble for the next `times` requests whose "METHOD /path" has `where` in it.

    Kinds: "429" (asks to wait `seconds`), "500" (nothing was done), "after" (done, and answered with 500), "lost"
    (done, and the line is cut before the answer), "cut" (not done, the line is cut), "hang" (not answered for
    `seconds`, then done).
    """

    kind: str
    where: str = ""
    times: int = 1
    seconds: float = 1


@dataclass
class Chaos:
    """How notices are delivered: chances from 0 to 1, and how late at most. The seed makes it the same each time."""

    doubled: float = 0
    lost: float = 0
    late: float = 0
    most_late: float = 2  # seconds
    seed: int = 1
    _luck: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._luck = random.Random(self.seed)

    def plan(self) -> list[float]:
        """Give after how many seconds each delivery of one notice happens; [] for never."""
        if self._luck.random() < self.lost:
            return []
        count = 2 if self._luck.random() < self.doubled else 1
        return [self._luck.uniform(0, self.most_late) if self._luck.random() < self.late else 0.0 for _ in range(count)]


class Faults:
    """The troubles that wait for a request; each request meets the first that fits it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, kind: str, where: str = "", times: int = 1, seconds: float = 1) -> None:
        """Let requests fail: see Fault."""
        with self._lock:
            self._waiting.append(Fault(kind, where, times, seconds))

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._waiting.clear()

    def meet(self, request: str) -> Fault | None:
        """Give the trouble that this request meets, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.where in request:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None
