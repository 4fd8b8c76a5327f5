import pytest

from voicelab import Lab
from voicelab.widgets.offer import panel_of

from .conftest import View

pytestmark = pytest.mark.net

SORRY = "Sorry, I did not catch that, please say it once more."


@pytest.mark.parametrize("host", ["kernel", "thread"])
async def test_who_answers_is_shown_and_can_be_made_to_speak(tmp_path, host):
    places = {"recordings": tmp_path, "webhook_log": tmp_path / "log"}
    async with await Lab.open(port=0, voice_port=0, host=host, **places) as lab:
        view = View(panel_of(lab))
        await view.ready()
        assert view.snapshot["agent"] == {
            "name": "local",
            "voice_url": f"ws://127.0.0.1:{lab.bridge.port}/voice",
            "costs_money": False,
        }
        assert "no longer known" in await view.act("say", call="nobody", text=SORRY)
        call = await lab.dial("data/prompts/yes.wav")
        assert await view.act("say", call=call.key, text=SORRY) is None
        async for moment in lab.follow(call):
            if moment.name == "item_heard" and SORRY in list(call.turns().text):
                await call.hangup()
        await call.ended(timeout=30)
        assert "over" in await view.act("say", call=call.key, text=SORRY)
