import pytest

from voicelab.errors import SettingError
from voicelab.net.options import SinkOptions
from voicelab.net.public_url import base_url, is_loopback, origin_allowed, socket_url


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:3000", "127.0.0.1:3000", "127.9.9.9", "[::1]:3000", "[::1]"]
)
def test_loopback_hosts(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["example.com", "10.0.0.1:3000", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::",
     "evil.example@127.0.0.1.example", "0.0.0.0", "::1", "127.0.0.1:99999", "localhost:x"],
)  # fmt: skip
def test_other_hosts(host):
    assert not is_loopback(host)


def test_a_set_address_is_given_out_whatever_the_host_says():
    assert base_url("https://p.example/", "evil.example") == "https://p.example"


def test_without_one_only_a_loopback_host_is_believed():
    assert base_url(None, "localhost:3000") == "http://localhost:3000"
    assert base_url(None, "evil.example") is None


def test_the_sockets_scheme_follows_the_bases():
    assert socket_url("https://p.example/a") == "wss://p.example/a/stream"
    assert socket_url("http://localhost:3000") == "ws://localhost:3000/stream"


def test_origins():
    assert origin_allowed(None, None)
    assert origin_allowed("http://localhost:8888", None)
    assert origin_allowed("https://p.example", "https://p.example")
    assert not origin_allowed("https://evil.example", "https://p.example")
    assert not origin_allowed("null", None)
    assert not origin_allowed("http://[bad", None)


@pytest.mark.parametrize(
    "url",
    ["p.example", "ftp://p.example", "https://", "https://p.example?x", "https://a:b@p.example"],
)
def test_addresses_that_make_no_sense(url):
    with pytest.raises(SettingError, match="public_url"):
        SinkOptions(public_url=url)
