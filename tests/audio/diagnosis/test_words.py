from pathlib import Path

from voicelab.audio.diagnosis.words import MEANINGS, REMEDIES

PAGE = Path(__file__).parents[3] / "docs" / "clinic.md"


def test_the_page_of_the_clinic_says_the_same():
    text = PAGE.read_text("utf-8")
    for fault, meaning in MEANINGS.items():
        assert f"| `{fault}` | {meaning} | {REMEDIES[fault]} |" in text
