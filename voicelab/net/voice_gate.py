"""Who may come in: to a session, and to the calls of others."""

from __future__ import annotations

import hmac
import math
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from voicelab.errors import SettingError
from voicelab.net.public_url import base_url, is_loopback, origin_allowed
from voicelab.net.voice_options import VoiceOptions

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import RateLimiter

_TOKENS = 100
"""One-time tokens that are out; the oldest is forgotten."""
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why somebody does not come in: an HTTP status, a sentence, and when to try again."""

    status: int
    reason: str
    retry_after_s: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the answer."""
        if self.retry_after_s is not None:
            return {"Retry-After": str(self.retry_after_s)}
        return {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}

    def response(self) -> web.Response:
        """The answer."""
        return web.json_response(self.body(), status=self.status, headers=self.headers)

    def body(self) -> dict[str, Any]:
        """The answer in words."""
        body: dict[str, Any] = {"status": self.status, "reason": self.reason}
        if self.retry_after_s is not None:
            body["retry_after_s"] = self.retry_after_s
        return body


class VoiceGate:
    """Keeps the rules of one server.

    Parameters
    ----------
    options : VoiceOptions

    Raises
    ------
    SettingError
        Where ``rate`` is none.
    """

    def __init__(self, options: VoiceOptions) -> None:
        self._options = options
        self._bearer = options.bearer()
        self._tokens: OrderedDict[str, None] = OrderedDict()
        self._limiter: RateLimiter | None = None
        self._rate: RateLimitItem
        if options.rate is not None:
            self._use_rate(options.rate)

    def one_time_token(self) -> str:
        """Mint a token that opens one session without being counted."""
        token = secrets.token_urlsafe(16)
        self._tokens[token] = None
        if len(self._tokens) > _TOKENS:
            self._tokens.popitem(last=False)
        return token

    def session(self, request: web.Request, *, opens: bool) -> Refused | None:
        """Say why a session may not be opened; one that ``opens`` is counted."""
        if not self._origin_allowed(request):
            return Refused(
                403, "Pages of this origin may not open a session here; see the option origins."
            )
        if self._limiter is None or self._take_token(request, opens=opens):
            return None
        address = request.remote or ""
        if self._limiter.test(self._rate, address) and (
            not opens or self._limiter.hit(self._rate, address)
        ):
            return None
        stats = self._limiter.get_window_stats(self._rate, address)
        wait_s = max(1, math.ceil(stats.reset_time - time.time()))
        return Refused(429, f"More than {self._options.rate} from this address.", wait_s)

    def manage(self, request: web.Request) -> Refused | None:
        """Say why calls may not be listed, followed and told by this one."""
        if not self._origin_allowed(request):
            return Refused(403, "Pages of this origin may not see the calls here.")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._bearer is not None:
            token = given.strip().encode("utf-8", "surrogateescape")
            if hmac.compare_digest(token, self._bearer.reveal().encode()):
                return None
            return Refused(403, "This token is not the server's.")
        if self._is_local(request):
            return None
        return Refused(401, "From another machine this needs the server's bearer token.")

    def _is_local(self, request: web.Request) -> bool:
        """Whether it comes from this machine, and not through a tunnel that ends here."""
        peer = is_loopback(_bracketed(request.remote or ""))
        tunnelled = any(name in request.headers for name in _FORWARDED)
        return peer and is_loopback(request.host) and not tunnelled

    def _origin_allowed(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        base = base_url(self._options.public_url, request.host)
        return origin in self._options.origins or origin_allowed(origin, base)

    def _take_token(self, request: web.Request, *, opens: bool) -> bool:
        given = request.query.get("token", "").encode()
        known = [each for each in self._tokens if hmac.compare_digest(each.encode(), given)]
        if known and opens:
            del self._tokens[known[0]]
        return bool(known)

    def _use_rate(self, rate: str) -> None:
        # Imported here: 0.2 s, which a sink alone does without.
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        try:
            self._rate = parse(rate)
        except ValueError:
            raise SettingError(
                f"rate is {rate!r}; write it like '5 per 60 seconds', or give None for no limit."
            ) from None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
