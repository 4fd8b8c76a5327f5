from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.errors import ProtocolError
from voicelab.protocol.vobiz import base_url, sign_v2, sign_v3, signature_headers, verify

TOKEN = "test_token_0001"
URL = "https://sim.example.test/vobiz/hangup"
NONCE_V2 = "10000000000000000002"
NONCE_V3 = "10000000000000000003"
V2 = "nByF1KJRtIobSQoCs+o+qduMqK+s5PwTlI4rEKaM7+M="
V3 = "FjIdJInfmWWMwwakV9aEW1FL/4PN76vAPRZKQdPr0eg="
HEADERS = {
    "X-Vobiz-Signature-V2": V2,
    "X-Vobiz-Signature-V2-Nonce": NONCE_V2,
    "X-Vobiz-Signature-V3": V3,
    "X-Vobiz-Signature-V3-Nonce": NONCE_V3,
}
MA = {"X-Vobiz-Signature-MA-V2": V2, "X-Vobiz-Signature-MA-V3": V3}
NONCES = {name: value for name, value in HEADERS.items() if name.endswith("Nonce")}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in HEADERS.items() if name not in names}


def test_the_vectors():
    assert sign_v2(TOKEN, URL, NONCE_V2) == V2
    assert sign_v3(TOKEN, URL, NONCE_V3) == V3
    assert signature_headers(TOKEN, URL, NONCE_V2, NONCE_V3) == HEADERS | MA


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (URL, URL),
        (URL + "?call=1&x=%20#top", URL),
        ("https://user:word@h.example:8443/a/b/", "https://h.example:8443/a/b/"),
        ("https://h.example", "https://h.example"),
        ("http://[::1]:3000/a%20b;c", "http://[::1]:3000/a%20b;c"),
        ("https://H.example/A", "https://H.example/A"),
    ],
)
def test_base_url(url, base):
    assert base_url(url) == base


@pytest.mark.parametrize("url", ["", "/vobiz", "h.example/x", "https://", "https://[::1/x"])
def test_an_address_that_is_not_absolute(url):
    with pytest.raises(ProtocolError, match="absolute"):
        base_url(url)
    assert verify(HEADERS, url, TOKEN) == "invalid"


def test_an_empty_token_signs_and_verifies_nothing():
    with pytest.raises(ProtocolError, match="token"):
        sign_v2("", URL, NONCE_V2)
    assert verify(HEADERS, URL, "") == "invalid"
    assert verify({}, "", "") == "absent"


def test_valid_with_query_and_in_any_case():
    assert verify(HEADERS, URL + "?x=1", TOKEN) == "valid"
    assert verify({name.upper(): value for name, value in HEADERS.items()}, URL, TOKEN) == "valid"
    assert verify({name.lower(): value for name, value in HEADERS.items()}, URL, TOKEN) == "valid"


def test_one_that_fits_suffices():
    assert verify(without("X-Vobiz-Signature-V3"), URL, TOKEN) == "valid"
    assert verify(without("X-Vobiz-Signature-V2"), URL, TOKEN) == "valid"
    assert verify(HEADERS | {"X-Vobiz-Signature-V3": V2}, URL, TOKEN) == "valid"


def test_the_parent_account():
    assert verify(NONCES | MA, URL, TOKEN) == "valid"
    assert verify(NONCES | MA, URL, "sub_token", TOKEN) == "valid"
    assert verify(HEADERS | MA, URL, "sub_token") == "invalid"
    assert verify(NONCES | MA, URL, TOKEN, "other_parent") == "invalid"
    assert verify(NONCES | MA, URL, TOKEN, "") == "invalid"
    assert verify(HEADERS, URL, "sub_token", TOKEN) == "invalid"


@pytest.mark.parametrize("url", ["https://h.example", "https://h.example/"])
def test_no_path_is_the_root(url):
    headers = signature_headers(TOKEN, url, NONCE_V2, NONCE_V3)
    assert verify(headers, "https://h.example", TOKEN) == "valid"
    assert verify(headers, "https://h.example/", TOKEN) == "valid"
    assert verify(headers, "https://h.example/x", TOKEN) == "invalid"


@pytest.mark.parametrize(
    "headers", [{}, NONCES, {"X-Vobiz-Signature": "c2hh"}, {"Content-Type": "text/plain"}]
)
def test_absent(headers):
    assert verify(headers, URL, TOKEN) == "absent"


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Vobiz-Signature-V2": V3, "X-Vobiz-Signature-V3": V2},
        {"X-Vobiz-Signature-V2": "", "X-Vobiz-Signature-V3": ""},
        {"X-Vobiz-Signature-V2": "é", "X-Vobiz-Signature-V3": "\udcff"},
        {"X-Vobiz-Signature-V2-Nonce": "1", "X-Vobiz-Signature-V3-Nonce": "\udcff"},
        {"X-Vobiz-Signature-V2-Nonce": "", "X-Vobiz-Signature-V3-Nonce": ""},
    ],
)
def test_invalid(changes):
    assert verify(HEADERS | changes, URL, TOKEN) == "invalid"


def test_a_signature_without_its_nonce():
    headers = without("X-Vobiz-Signature-V2-Nonce", "X-Vobiz-Signature-V3-Nonce")
    assert verify(headers, URL, TOKEN) == "invalid"


def test_another_address_or_token():
    assert verify(HEADERS, URL + "/x", TOKEN) == "invalid"
    assert verify(HEADERS, URL.replace("https", "http"), TOKEN) == "invalid"
    assert verify(HEADERS, URL, "test_token_0002") == "invalid"


@given(
    headers=st.dictionaries(st.sampled_from(sorted(HEADERS | MA)), st.text()),
    url=st.text() | st.just(URL),
    token=st.text(),
)
def test_nothing_that_was_made_up_is_valid(headers, url, token):
    assert verify(headers, url, token) in ("invalid", "absent")


@given(st.text(min_size=1), st.from_regex(r"\A[0-9]{20}\Z"), st.from_regex(r"\A[0-9]{20}\Z"))
def test_what_is_signed_is_valid(token, nonce_v2, nonce_v3):
    headers = signature_headers(token, URL, nonce_v2, nonce_v3)
    assert verify(headers, URL, token) == "valid"
    assert verify(headers, URL, token + "x") == "invalid"
