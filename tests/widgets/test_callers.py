import shutil

from voicelab.sim.prompts import prompt_names, prompt_path
from voicelab.widgets import callers
from voicelab.widgets.callers import caller_choices


def test_prompts_come_first_with_their_words():
    choices = caller_choices()
    names = [choice["name"] for choice in choices if choice["group"] == "prompts"]
    assert names[0] == "order"
    assert sorted(names) == sorted(prompt_names())
    assert choices[0]["words"].startswith("I would like")


def test_sound_files_in_data_can_call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("own.wav", "corpus/a.flac", "corpus/deep/b.wav", "prompts/yes.wav"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(prompt_path("yes"), tmp_path / "data" / name)
    (tmp_path / "data/notes.txt").write_text("no sound")
    (tmp_path / "recordings").mkdir()
    files = [choice for choice in caller_choices() if choice["group"] == "data"]
    assert [choice["path"] for choice in files] == ["data/own.wav", "data/corpus/a.flac"]
    assert [choice["name"] for choice in files] == ["own.wav", "corpus/a.flac"]


def test_a_missing_list_of_words_takes_no_prompt_away(tmp_path, monkeypatch):
    shutil.copy(prompt_path("yes"), tmp_path)
    monkeypatch.setattr(callers, "prompt_names", lambda: {"yes": tmp_path / "yes.wav"})
    assert callers.caller_choices()[0]["words"] == ""
