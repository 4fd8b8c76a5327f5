"""The provider's HTTP requests of one call: signed, retried, bounded."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import aiohttp
from yarl import URL

from voicelab.protocol import vobiz
from voicelab.secret import Secret

logger = logging.getLogger("voicelab.sim")

Method = Literal["GET", "POST"]
Signing = Literal["right", "wrong", "none"]

ANSWER_TIMEOUT_S: Final = 10.0
CALLBACK_TIMEOUT_S: Final = 3.0
RETRIES: Final = 3
MAX_PENDING: Final = 256
MAX_BODY_BYTES: Final = 128 * 1024
_CONNECTIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """What a URL answered; at most 128 KiB of it."""

    status: int
    content_type: str | None
    body: bytes

    @property
    def good(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300


class Webhooks:
    """One call's HTTP client. Make it inside a running loop; close it with `aclose`.

    Parameters
    ----------
    auth_token : Secret, optional
        Signs every request. It is in no repr, log line or error.
    backoff_s : float
        Wait before the first retry of a callback; each further wait is twice as long.
    signing : {"right", "wrong", "none"}
        How callbacks are signed: as the token says, with another token, not at all.

    Attributes
    ----------
    lost : int
        Callbacks that nobody took.
    """

    def __init__(
        self,
        auth_token: Secret | None = None,
        *,
        backoff_s: float = 0.1,
        signing: Signing = "right",
    ) -> None:
        self.lost = 0
        self._auth_token = auth_token
        wrong = Secret(secrets.token_hex(16))
        callback_tokens = {"right": auth_token, "wrong": wrong, "none": None}
        self._callback_token = callback_tokens[signing]
        self._backoff_s = backoff_s
        self._pending: set[asyncio.Task[None]] = set()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "Vobiz", "Accept-Encoding": "gzip"},
        )

    async def ask(
        self,
        method: Method,
        url: str,
        fields: Mapping[str, str],
        *,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> Reply:
        """Send one request and read the reply.

        Raises
        ------
        aiohttp.ClientError, TimeoutError, ValueError
            There was no reply, or the URL makes no sense.
        """
        return await self._request(method, url, fields, self._auth_token, timeout_s)

    async def _request(
        self,
        method: Method,
        url: str,
        fields: Mapping[str, str],
        token: Secret | None,
        timeout_s: float,
    ) -> Reply:
        headers = _signature(url, token)
        body = None
        target = URL(url)
        if method == "GET":
            query = "&".join(filter(None, (target.raw_query_string, vobiz.encode_query(fields))))
            target = URL(f"{target.with_query(None).with_fragment(None)}?{query}", encoded=True)
        else:
            body = vobiz.encode_form(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        async with self._session.request(
            method,
            target,
            data=body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as response:
            read = bytearray()
            async for block in response.content.iter_any():
                read += block
                if len(read) >= MAX_BODY_BYTES:
                    response.close()
                    break
            content_type = response.headers.get("Content-Type")
            return Reply(response.status, content_type, bytes(read[:MAX_BODY_BYTES]))

    def post(self, method: Method, url: str, fields: Mapping[str, str]) -> None:
        """Send a callback in the background, with up to 3 retries; too many at once are lost."""
        self.post_in_turn([(method, url, fields)])

    def post_in_turn(self, callbacks: Sequence[tuple[Method, str, Mapping[str, str]]]) -> None:
        """Send callbacks in the background, each when the one before was taken or given up."""
        if len(self._pending) >= MAX_PENDING:
            self.lost += len(callbacks)
            return
        task = asyncio.create_task(self._deliver_all(callbacks), name="callback")
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def drain(self, timeout_s: float) -> None:
        """Wait for the callbacks on their way; give up those that take longer."""
        if not self._pending:
            return
        _, late = await asyncio.wait(self._pending, timeout=timeout_s)
        self.lost += len(late)
        await _cancel(late)

    async def aclose(self) -> None:
        """Give up what is on its way, and close every socket."""
        await _cancel(set(self._pending))
        await self._session.close()

    async def _deliver_all(
        self, callbacks: Sequence[tuple[Method, str, Mapping[str, str]]]
    ) -> None:
        for method, url, fields in callbacks:
            await self._deliver(method, url, fields)

    async def _deliver(self, method: Method, url: str, fields: Mapping[str, str]) -> None:
        trouble = ""
        for attempt in range(1 + RETRIES):
            if attempt:
                await asyncio.sleep(self._backoff_s * 2 ** (attempt - 1))
            try:
                reply = await self._request(
                    method, url, fields, self._callback_token, CALLBACK_TIMEOUT_S
                )
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                trouble = str(error) or type(error).__name__
                continue
            if reply.good:
                return
            trouble = f"status {reply.status}"
        self.lost += 1
        logger.warning(
            "callback %s to %s failed: %s", fields.get("Event"), without_query(url), trouble
        )


def without_query(url: str) -> str:
    """Return an address without its query, where applications keep secrets."""
    return url.partition("?")[0]


def _signature(url: str, token: Secret | None) -> dict[str, str]:
    if token is None or not token.reveal():
        return {}
    nonce_v2, nonce_v3 = (f"{secrets.randbelow(10**20):020d}" for _ in range(2))
    return dict(vobiz.signature_headers(token.reveal(), url, nonce_v2, nonce_v3))


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
