import pytest

from voicelab.errors import FormatError, PortBusy, SettingError
from voicelab.net.listen import listen
from voicelab.net.options import SinkOptions, parse_format, parse_order
from voicelab.secret import Secret


def test_the_port_is_the_keywords_else_the_environments_else_3000(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    assert SinkOptions().wanted_port() == (3000, False)
    monkeypatch.setenv("PORT", "4321")
    assert SinkOptions().wanted_port() == (4321, True)
    assert SinkOptions(port=0).wanted_port() == (0, True)


@pytest.mark.parametrize("value", ["many", "-1", "65536", "3000.0"])
def test_a_port_that_is_none(monkeypatch, value):
    monkeypatch.setenv("PORT", value)
    with pytest.raises(SettingError, match="PORT"):
        SinkOptions().wanted_port()


def test_a_port_out_of_range():
    with pytest.raises(SettingError, match="65535"):
        SinkOptions(port=70000)


def test_requiring_signatures_needs_a_token(monkeypatch):
    monkeypatch.delenv("VOBIZ_AUTH_TOKEN", raising=False)
    with pytest.raises(SettingError, match="VOBIZ_AUTH_TOKEN"):
        SinkOptions(signatures="require")
    SinkOptions(signatures="require", auth_token=Secret("t"))
    monkeypatch.setenv("VOBIZ_AUTH_TOKEN", "t")
    SinkOptions(signatures="require")


def test_no_secret_is_shown(monkeypatch):
    options = SinkOptions(auth_token=Secret("hush-hush"))
    assert "hush" not in repr(options)
    assert "hush" not in str(options.config())
    assert "hush" not in f"{options.auth_token}"


def test_only_what_a_provider_can_send_is_asked_for():
    assert str(parse_format("audio/x-mulaw;rate=8000")) == "mulaw/8000"
    with pytest.raises(SettingError, match="l16/24000"):
        parse_format("l16/24000")
    with pytest.raises(FormatError):
        parse_format("opus")
    with pytest.raises(SettingError, match="middle"):
        parse_order("middle")


@pytest.mark.net
def test_a_busy_port_that_was_given_is_named_and_a_default_moves():
    with listen("127.0.0.1", 0, given=True) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortBusy, match=f"Port {port} on 127") as caught:
            listen("127.0.0.1", port, given=True)
        assert caught.value.port == port
        with listen("127.0.0.1", port, given=False) as second:
            assert second.getsockname()[1] != port


@pytest.mark.net
@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_of_somebody_else_is_named(host):
    with pytest.raises(SettingError, match=host):
        listen(host, 0, given=True)
