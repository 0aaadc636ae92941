"""Questions to DynamoDB: read-only by an allow-list, signed, checked, and repeated where the server asks for it."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

import orjson

from verify.core.errors import StoreError, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.stores.dynamodb._edge import THROTTLED, answered
from verify.stores.dynamodb.access import Access, Signer
from verify.stores.dynamodb.budget import Ledger
from verify.stores.dynamodb.connection import Connection, Limits, Reply

Answer = dict[str, object]
T = TypeVar("T")
AtOnce = Callable[[bytes], "tuple[Answer, T] | None"]
ALLOWED: Final = frozenset({
    "Scan", "Query", "BatchGetItem", "GetItem", "DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups",
    "ListTables",
})  # fmt: skip
_JSON: Final = "application/x-amz-json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a throttled question or a server error is repeated, each time after twice the wait (seconds)."""

    retries: int = 8
    first_s: float = 0.05
    longest_s: float = 5.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int) -> None:
        """The wait before the repeat after `attempt` (0 for the first) has passed."""
        self.sleep(min(self.longest_s, self.first_s * 2**attempt))


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Questions of one thread over one connection."""

    source: str
    signer: Signer
    connection: Connection
    ledger: Ledger
    patience: Patience
    turn: threading.Lock

    def ask(self, operation: str, question: Mapping[str, object]) -> Answer:
        """The answer, as `asked` gets it."""
        return self.asked(operation, question, lambda answer: answer)

    def asked(
        self,
        operation: str,
        question: Mapping[str, object],
        read: Callable[[Answer], T],
        at_once: AtOnce[T] | None = None,
    ) -> T:
        """
        What `read` makes of the answer, whose length, CRC-32 and form were checked and whose cost was counted.

        `at_once` may make the same of the answer's bytes instead; it also gives the answer without what it read.

        One answer of a store is taken apart at a time: it is much larger than its bytes, and Python would not be
        faster with two. Raises StoreRefused for an operation that is not `ALLOWED` before anything is sent,
        StoreError for what the server says.
        """
        if operation not in ALLOWED:
            raise StoreRefused(f"{self.source}: {operation} is no question; only {', '.join(sorted(ALLOWED))} are")
        body = orjson.dumps(question)
        for attempt in range(self.patience.retries + 1):
            self.ledger.wait()
            reply = self.connection.post(self.signer.signed(operation, body), body)
            with self.turn:
                self._require_whole(reply)
                if reply.status == 200:
                    return self._taken(reply, read, at_once)
                answer = self._read(reply)
            error = self._refusal(reply.status, answer)
            if attempt < self.patience.retries:
                self.patience.wait(attempt)
        raise StoreUnavailable(f"{error}; asked {self.patience.retries + 1} times")

    def _taken(self, reply: Reply, read: Callable[[Answer], T], at_once: AtOnce[T] | None) -> T:
        if at_once is not None and reply.kind.startswith(_JSON) and (found := at_once(reply.body)) is not None:
            self.ledger.spend(_units(found[0]))
            return found[1]
        answer = self._read(reply)
        self.ledger.spend(_units(answer))
        return read(answer)

    def _refusal(self, status: int, answer: Answer) -> StoreError:
        """What the server said, when it may be asked again; raises it otherwise."""
        code = str(answer.get("__type", "")).rpartition("#")[2]
        message = str(answer.get("message") or answer.get("Message") or "")
        error = answered(self.source, status=status, code=code, message=message)
        if code not in THROTTLED and status < 500:
            raise error
        self.ledger.met(throttled=int(code in THROTTLED), repeated=int(code not in THROTTLED))
        return error

    def _require_whole(self, reply: Reply) -> None:
        if reply.checksum is not None and str(zlib.crc32(reply.body)) != reply.checksum:
            raise StoreUnreadable(f"{self.source}: the answer's CRC-32 is not the one it promises; it was damaged")

    def _read(self, reply: Reply) -> Answer:
        if not reply.kind.startswith(_JSON):
            if reply.status >= 500:
                return {}
            kind = reply.kind or "no content type"
            raise StoreUnreadable(f"{self.source}: answered {reply.status} with {kind}; that is not DynamoDB")
        return answer_of(reply.body, self.source)


def answer_of(body: bytes, source: str) -> Answer:
    """The answer that the bytes are. Raises StoreUnreadable when they are no JSON object."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise StoreUnreadable(f"{source}: the answer is not JSON: {error.msg}") from None
    if not isinstance(found, dict):
        raise StoreUnreadable(f"{source}: the answer is not a JSON object")
    return found


def _units(answer: Answer) -> float:
    """Read capacity units of the answer, over all tables it names; 0 where it says none."""
    told = answer.get("ConsumedCapacity")
    each = told if isinstance(told, list) else [told]
    found = [part.get("CapacityUnits") for part in each if isinstance(part, dict)]
    return float(sum(units for units in found if isinstance(units, int | float)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Opens talks; every thread needs its own."""

    source: str
    access: Access = field(repr=False)
    ledger: Ledger
    limits: Limits
    patience: Patience
    turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def talking(self) -> Iterator[Talk]:
        """A talk for the block; its connection is closed at the end."""
        signer = self.access.signer()
        connection = Connection(signer.endpoint, limits=self.limits, source=self.source)
        try:
            yield Talk(source=self.source, signer=signer, connection=connection, ledger=self.ledger,
                       patience=self.patience, turn=self.turn)  # fmt: skip
        finally:
            connection.close()
