"""The pages of the clinic: whole, well-formed, and in need of nothing outside."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile

from voicelab import Audio, check, diagnose
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.g711 import ulaw_decode, ulaw_encode
from voicelab.audio.resample import resample
from voicelab.lab.clinic.elements import table, words
from voicelab.lab.clinic.players import MOST_BYTES, Clip, cut, parts, players
from voicelab.lab.sound import sound_of

VOID = {"meta", "img", "br", "link", "input"}
NAUGHTY = "<img src=x onerror=alert(1)>\"&'.wav"


class Page(HTMLParser):
    """All tags of a page; raises where they do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["title"]:
            self.title += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def said():
    return resample(sound_of("data/prompts/order.wav").samples, 16000, 8000)


@pytest.fixture(scope="module")
def lossy(said):
    heard = ulaw_decode(ulaw_encode(said))
    for begin in (4000, 8000, 12000, 20000):
        heard[begin : begin + 160] = 0
    return np.concatenate((np.zeros(333, np.int16), heard))


@pytest.fixture(scope="module")
def check_page(said, lossy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    soundfile.write(folder / NAUGHTY, lossy, 8000)
    report = check(folder / NAUGHTY, Audio(said, 8000))
    return report, report.html()


@pytest.fixture(scope="module")
def diagnosis_page(said, tmp_path_factory):
    folder = tmp_path_factory.mktemp("diagnosis")
    soundfile.write(folder / NAUGHTY, break_audio("mulaw-as-alaw", said, 8000)[0], 8000)
    found = diagnose(folder / NAUGHTY, Audio(said, 8000))
    return found, found.html()


@pytest.fixture(params=["check_page", "diagnosis_page"])
def either(request):
    return request.getfixturevalue(request.param)


def test_a_page_is_well_formed_and_asks_for_nothing(either):
    result, text = either
    page = Page(text)
    assert not re.search(r"https?:|//[a-z]", re.sub(r"base64,[A-Za-z0-9+/=\s]+", "", text))
    for tag, attributes in page.tags:
        for name in ("src", "href", "data", "poster", "action"):
            address = attributes.get(name) or "#"
            assert address.startswith(("data:", "#")), (tag, address)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for reference in re.findall(r'(?:url\(|href=")#([^)"]+)', text):
        assert reference in ids
    assert page.all("html") == [{"lang": "en"}]
    assert NAUGHTY in page.title
    assert "default-src 'none'" in text
    assert not [a for _, a in page.tags if any(key.startswith("on") for key in a)]
    assert words(result.verdict) in text


def test_every_picture_and_player_has_words(either):
    page = Page(either[1])
    pictures = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    assert len(pictures) >= 3
    assert all(svg["aria-label"] for svg in pictures)
    assert len(page.all("audio")) == 3
    assert all(audio["aria-label"] for audio in page.all("audio"))


def test_a_name_with_html_in_it_is_a_name(either):
    text = either[1]
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_the_numbers_of_a_check_are_all_there(check_page):
    report, text = check_page
    for name, value, meaning in report.rows():
        assert words(value) in text, name
        if name != "verdict":
            assert words(meaning) in text, name
    assert text.count(">gap</th>") == len(report.faults) == 4
    for title in ("Waveforms", "Spectrograms", "Delay and faults", "Signal to noise", "Levels"):
        assert f"<h2>{title}</h2>" in text


def test_the_hypotheses_of_a_diagnosis_have_bars(diagnosis_page):
    found, text = diagnosis_page
    assert text.count('class="bar"') == len(found.hypotheses)
    assert f'style="width:{found.hypotheses[0].confidence:.0%}"' in text


def test_sound_is_embedded_as_it_is(check_page):
    report, text = check_page
    wav = next(a["src"] for a in Page(text).all("audio") if "onerror" in (a["aria-label"] or ""))
    data = base64.b64decode(wav.partition(",")[2])
    assert data[44:] == report.recording.samples.tobytes()


def test_of_long_recordings_the_parts_around_the_first_faults_are_embedded(said):
    long = np.tile(said, 24)
    heard = long.copy()
    loud = 12 * len(said) + int(np.abs(said.astype(int)).argmax()) - 160
    for begin in (loud, loud + len(said), loud + 6 * len(said)):
        heard[begin : begin + 320] = 0
    report = check(Audio(heard, 8000), Audio(long, 8000))
    assert len(report.faults) == 3
    text = report.html()
    assert len(text) < 8e6
    first_s = report.faults[0].begin_s - 2
    assert words(f"from {first_s:.2f} s to {first_s + 20:.2f} s") in text
    players_ = Page(text).all("audio")
    assert len(players_) == 6
    assert {player["data-part"] for player in players_} == {
        f"{report.faults[k].begin_s - 2:.2f}" for k in (0, 2)
    }
    assert report._repr_html_().count("<audio") == 3


@pytest.mark.parametrize(
    ("heard", "said_", "state"),
    [
        (np.zeros(8000, np.int16), np.arange(8000, dtype=np.int16), "Cannot be compared"),
        (np.arange(5, dtype=np.int16), np.arange(8000, dtype=np.int16), "Cannot be compared"),
        (np.arange(8000, dtype=np.int16), np.arange(8000, dtype=np.int16), "Exact"),
    ],
)
def test_what_cannot_be_compared_has_a_page_too(heard, said_, state):
    report = check(Audio(heard, 8000), Audio(said_, 8000))
    assert state in report.html()
    Page(report.html())
    Page(f"<body>{report._repr_html_()}</body>")


@pytest.mark.parametrize("samples", [np.zeros(8000, np.int16), np.array([7], np.int16)])
def test_what_cannot_be_told_has_a_page_too(samples):
    found = diagnose(samples)
    Page(found.html())
    Page(f"<body>{found._repr_html_()}</body>")


def test_a_page_is_saved(diagnosis_page, tmp_path):
    found, text = diagnosis_page
    assert found.save_html(tmp_path / "page.html").read_text("utf-8") == text


def test_a_number_stays_with_its_unit():
    assert words("peak -6.1 dBFS in 20 ms, 5 samples <b>") == (
        "peak \u22126.1\u00a0dBFS in 20\u00a0ms, 5 samples &lt;b&gt;"
    )
    assert words("call-2026 of 1.6 % at -30 to -15") == (
        "call-2026 of 1.6\u00a0% at \u221230 to \u221215"
    )


def test_players_know_where_they_are():
    clip = Clip("a <b>", Audio(np.zeros(8000, np.int16), 8000), 0.5, 2.0)
    (audio,) = Page(players([clip], "part")).all("audio")
    assert float(audio["data-from"]) == 0.5
    assert float(audio["data-speed"]) == 2.0
    assert audio["aria-label"] == "a <b>"


def test_parts_are_bounded_in_bytes():
    wide = Audio(np.zeros(48_000 * 30, np.int16), 48_000)
    chosen = parts([wide], [1.0, 2.0, 12.0, 20.0, 28.0])
    assert sum(length_s for _, length_s in chosen) * 96_000 <= MOST_BYTES + 1
    assert len(chosen) == 3
    assert parts([cut(wide, 0, 10)], [1.0]) is None


def test_on_a_narrow_screen_the_meanings_go_with_their_head():
    found = table(("", "heard", "what it means"), [("rate", "8,000 Hz", "Samples a second.")], True)
    assert found.count('class="meaning"') == 2
    assert 'class="meaning"' not in table(("kind", "at, s"), [("gap", "1.000")])


def test_faults_that_are_made_of_nothing_have_no_column_for_it(check_page):
    report, page = check_page
    assert ("made of" in page) == any(fault.detail for fault in report.faults)
