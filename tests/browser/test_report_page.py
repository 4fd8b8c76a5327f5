"""The pages of the clinic in a browser without a network: players play, figures are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.async_api import async_playwright

from voicelab import Audio, check, diagnose
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.g711 import ulaw_decode, ulaw_encode
from voicelab.audio.resample import resample
from voicelab.lab.sound import sound_of

from .conftest import FLAGS
from .notebook_page import SCREENSHOTS

pytestmark = pytest.mark.ui

LENGTHS = """async () => Promise.all([...document.querySelectorAll("audio")].map(async (player) => {
  const known = new Promise((done) => player.addEventListener("loadedmetadata", done));
  if (player.readyState < 1) await known;
  return player.duration;
}))"""
DRAWN = """() => [...document.querySelectorAll("svg[role=img]")].map((svg) => ({
  width: svg.getBoundingClientRect().width,
  inside: svg.querySelectorAll("path, image, text").length,
  clipped: [...svg.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect(), all = svg.getBoundingClientRect();
    return box.left < all.left - 1 || box.right > all.right + 1
      || box.top < all.top - 1 || box.bottom > all.bottom + 1;
  }).map((text) => text.textContent),
}))"""
TURNED = """async () => {
  const [first, second] = document.querySelectorAll("audio");
  first.muted = second.muted = true;
  first.currentTime = 1;
  await first.play();
  await second.play();
  const place = (player) => Number(player.dataset.from) + player.currentTime * player.dataset.speed;
  return { stopped: first.paused, apart: Math.abs(place(first) - place(second)) };
}"""


@pytest.fixture(scope="module")
def said():
    return resample(sound_of("data/prompts/order.wav").samples, 16000, 8000)


@pytest.fixture(params=["check", "diagnosis"])
def saved(request, said, tmp_path):
    if request.param == "check":
        heard = ulaw_decode(ulaw_encode(said))
        heard[8000:8160] = heard[20000:20320] = 0
        shifted = np.concatenate((np.zeros(333, np.int16), heard))
        result = check(Audio(shifted, 8000), Audio(said, 8000))
    else:
        result = diagnose(break_audio("mulaw-as-alaw", said, 8000)[0], Audio(said, 8000))
    return result, result.save_html(tmp_path / f"{request.param}.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_page_is_whole_without_a_network(chromium, saved, scheme):
    result, path = saved
    asked, complaints = [], []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(
            offline=True, color_scheme=scheme, viewport={"width": 1100, "height": 900}
        )
        page = await context.new_page()
        page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(path.as_uri())
        lengths = await page.evaluate(LENGTHS)
        drawn = await page.evaluate(DRAWN)
        turned = await page.evaluate(TURNED)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        title = await page.title()
        SCREENSHOTS.mkdir(exist_ok=True)
        await page.screenshot(path=SCREENSHOTS / f"{path.stem}-{scheme}.png", full_page=True)
        await browser.close()
    assert set(asked) <= {"file", "data"}
    assert complaints == []
    heard = (result.recording if path.stem == "check" else result.heard).duration_s
    assert any(length == pytest.approx(heard, abs=0.01) for length in lengths)
    assert len(lengths) == 3
    assert len(drawn) >= 3
    for picture in drawn:
        assert picture["width"] > 900
        assert picture["inside"] > 5
        assert picture["clipped"] == []
    assert turned["stopped"]
    assert turned["apart"] < 0.5
    assert wide <= 1100
    assert title
