"""Callback signatures: an HMAC over the called address and a nonce, never over the body.

So a signature tells who called and not what was said, and one that was seen can be used again
with the same address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from voicelab.errors import ProtocolError

Verdict = Literal["valid", "invalid", "absent"]

_V2 = "X-Vobiz-Signature-V2"
_V3 = "X-Vobiz-Signature-V3"
_MA_V2 = "X-Vobiz-Signature-MA-V2"
_MA_V3 = "X-Vobiz-Signature-MA-V3"


def base_url(url: str) -> str:
    """Return the part of an address that is signed: scheme, host, port and path, as written.

    The query and the fragment are left out. So is a user name, which the vendor's own samples do
    not agree on: the Python one signs it, the others do not.

    Raises
    ------
    ProtocolError
        No absolute address.

    Examples
    --------
    >>> base_url("https://user@h.example:8443/vobiz?call=1#top")
    'https://h.example:8443/vobiz'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    host = parts.netloc.rpartition("@")[2]
    if not parts.scheme or not host:
        raise ProtocolError(
            "A signature covers an absolute address such as https://h.example/path; "
            "this one has no scheme or no host."
        )
    return f"{parts.scheme}://{host}{parts.path}"


def sign_v2(token: str, url: str, nonce: str) -> str:
    """Return base64(HMAC-SHA256(token, base address + nonce)).

    Raises
    ------
    ProtocolError
        An empty token, or no absolute address.
    """
    return _sign(token, base_url(url) + nonce)


def sign_v3(token: str, url: str, nonce: str) -> str:
    """Return base64(HMAC-SHA256(token, base address + "." + nonce)).

    Raises
    ------
    ProtocolError
        An empty token, or no absolute address.
    """
    return _sign(token, f"{base_url(url)}.{nonce}")


def signature_headers(token: str, url: str, nonce_v2: str, nonce_v3: str) -> dict[str, str]:
    """Return the headers of a signed callback of a main account.

    There the parent account's signatures (``MA``) equal the account's own. The older
    ``X-Vobiz-Signature`` is left out: what it covers is undocumented.

    Parameters
    ----------
    token : str
    url : str
        The address that is called.
    nonce_v2, nonce_v3 : str
        20 decimal digits at this provider, not the same.

    Raises
    ------
    ProtocolError
        An empty token, or no absolute address.
    """
    v2, v3 = sign_v2(token, url, nonce_v2), sign_v3(token, url, nonce_v3)
    return {
        _V2: v2,
        f"{_V2}-Nonce": nonce_v2,
        _V3: v3,
        f"{_V3}-Nonce": nonce_v3,
        _MA_V2: v2,
        _MA_V3: v3,
    }


def verify(
    headers: Mapping[str, str], url: str, token: str, parent_token: str | None = None
) -> Verdict:
    """Check a callback's signature; never raises.

    V3 is tried before V2, the account's own before its parent's, and one that fits suffices.
    Comparison takes constant time. An address without a path is the same as one with ``/``.

    Parameters
    ----------
    headers : mapping
        Of the request; names in any case.
    url : str
        The public address that was called, as the provider has it.
    token : str
        An empty one verifies nothing.
    parent_token : str or None
        None takes `token`, which is right for a main account.

    Returns
    -------
    {"valid", "invalid", "absent"}
        ``"absent"`` where no header of V2 or V3 is there.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if not any(name.lower() in given for name in (_V3, _V2, _MA_V3, _MA_V2)):
        return "absent"
    try:
        bases = _spellings(base_url(url))
    except ProtocolError:
        return "invalid"
    own, parent = _texts(given, _V3, _V2), _texts(given, _MA_V3, _MA_V2)
    attempts = [(token, *one) for one in own]
    attempts += [(token if parent_token is None else parent_token, *one) for one in parent]
    for key, signature, suffix in attempts:
        for base in bases:
            if key and _equal(_sign(key, base + suffix), signature):
                return "valid"
    return "invalid"


def _texts(given: Mapping[str, str], v3: str, v2: str) -> Iterator[tuple[str, str]]:
    """Yield each signature that has its nonce, and what it covers behind the address."""
    for name, nonce_name, dot in ((v3, _V3, "."), (v2, _V2, "")):
        signature = given.get(name.lower())
        nonce = given.get(f"{nonce_name}-Nonce".lower())
        if signature and nonce and nonce.isascii():
            yield signature, dot + nonce


def _spellings(base: str) -> tuple[str, ...]:
    path = urlsplit(base).path
    if path == "":
        return base, base + "/"
    return (base, base[:-1]) if path == "/" else (base,)


def _sign(token: str, text: str) -> str:
    if not token:
        raise ProtocolError("A signature needs the account's token; an empty one signs nothing.")
    # Half a surrogate pair, which a server makes of a byte that is not UTF-8, fits no signature.
    digest = hmac.digest(
        token.encode("utf-8", "surrogatepass"), text.encode("utf-8", "replace"), hashlib.sha256
    )
    return base64.b64encode(digest).decode("ascii")


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("ascii"), other.strip().encode("utf-8", "replace"))
