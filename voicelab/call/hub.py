"""The hub: any number of listeners follow a call, and none can slow it down.

A listener has a bounded queue. One that falls behind loses its own oldest items, counted.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_REMEMBERED = 1000
"""Ended topics that are still known as such."""


class Subscription(Generic[T]):
    """One listener's bounded queue, an async iterator that ends when the topic does.

    It belongs to the event loop it was made in; items may be published from any thread.

    Attributes
    ----------
    topic : str
    dropped : int
        Items this listener lost because it did not keep up.
    """

    def __init__(self, hub: Hub, topic: str, max_items: int) -> None:
        self.topic = topic
        self.dropped = 0
        self._hub = hub
        self._items: deque[T] = deque(maxlen=max_items)
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._closed = False

    def put(self, item: T) -> None:
        """Queue an item, dropping the oldest where the queue is full; never waits."""
        if len(self._items) == self._items.maxlen:
            self.dropped += 1
        self._items.append(item)
        if not self._news.is_set():
            self._wake()

    def take(self) -> list[T]:
        """All that is queued, at once, for a listener that looks now and then."""
        return [self._items.popleft() for _ in range(len(self._items))]

    def close(self) -> None:
        """End the iteration once what is queued has been read."""
        if not self._closed:
            self._closed = True
            self._hub._forget(self)
            self._wake()

    def _wake(self) -> None:
        if self._news.is_set():
            return
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            self._news.set()
            return
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:  # the listener's loop is closed; nobody waits there
            self._closed = True
            self._hub._forget(self)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            if not self._items and not self._closed:
                await self._news.wait()
        return self._items.popleft()

    def __enter__(self) -> Subscription[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Hub:
    """Topics and who follows them. A topic is ``call:<id>``; ids of the provider are aliases.

    Any thread may use it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._followers: dict[str, list[Subscription[Any]]] = {}
        self._aliases: dict[str, str] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._closed = False

    def alias(self, name: str, topic: str) -> None:
        """Let ``name`` stand for ``topic``; who already follows the name follows the topic."""
        with self._lock:
            self._aliases[name] = topic
            for follower in self._followers.pop(name, ()):
                follower.topic = topic
                self._followers.setdefault(topic, []).append(follower)

    def subscribe(self, topic: str, *, max_items: int = 1000) -> Subscription[Any]:
        """Follow a topic from now on. Close the subscription, or use it in a ``with``.

        One to a topic that has ended is over at once.
        """
        with self._lock:
            topic = self._aliases.get(topic, topic)
            subscription: Subscription[Any] = Subscription(self, topic, max_items)
            if self._closed or topic in self._ended:
                subscription._closed = True
            else:
                self._followers.setdefault(topic, []).append(subscription)
        return subscription

    def publish(self, topic: str, item: object) -> int:
        """Give an item to every follower; return how many there are."""
        followers = tuple(self._followers.get(topic, ()))
        for follower in followers:
            follower.put(item)
        return len(followers)

    def end(self, topic: str) -> None:
        """End a topic: its followers read what is queued and stop."""
        with self._lock:
            followers = tuple(self._followers.get(topic, ()))
            self._ended[topic] = None
            if len(self._ended) > _REMEMBERED:
                gone, _ = self._ended.popitem(last=False)
                self._aliases = {name: to for name, to in self._aliases.items() if to != gone}
        for follower in followers:
            follower.close()

    def close(self) -> None:
        """End every topic, and whatever is followed from now on."""
        self._closed = True
        for topic in list(self._followers):
            self.end(topic)

    def _forget(self, subscription: Subscription[Any]) -> None:
        with self._lock:
            followers = self._followers.get(subscription.topic, [])
            if subscription in followers:
                followers.remove(subscription)
            if not followers:
                self._followers.pop(subscription.topic, None)
