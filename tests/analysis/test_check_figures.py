from pathlib import Path

import numpy as np
import pytest

from voicelab.analysis.aligned import piece
from voicelab.analysis.check_figures import aligned_figure, spectrogram_figure
from voicelab.analysis.fault_spans import FAULT_COLOURS, MOST_SPANS
from voicelab.analysis.figures import Lane, Mark, call_figure
from voicelab.analysis.snr_figure import snr_figure
from voicelab.analysis.spectrogram import spectrogram, spectrograms
from voicelab.analysis.time_figure import time_figure
from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.g711 import ulaw_decode, ulaw_encode
from voicelab.audio.resample import resample
from voicelab.store.sound_file import read_sound

PROMPTS = Path(__file__).parents[2] / "data" / "prompts"


@pytest.fixture(scope="module")
def said():
    wide = read_sound(PROMPTS / "order.wav")[0].samples
    return resample(wide, 16000, 8000)


@pytest.fixture(scope="module")
def loud(said):
    return int(np.abs(said.astype(int)).argmax())


def compare(heard, said):
    return check(Audio(heard, 8000), Audio(said, 8000), scores=False)


@pytest.fixture(scope="module")
def late_and_cut(said, loud):
    heard = ulaw_decode(ulaw_encode(said))
    for at in (loud, loud - 4000, loud + 2000, loud + 4000):
        heard[at - 160 : at + 160] = 0
    return compare(np.concatenate((np.zeros(800, np.int16), heard)), said)


def test_the_reference_lies_under_the_recording(said):
    shifted = compare(np.concatenate((np.zeros(333, np.int16), said)), said)
    part = piece(shifted, 1.0, 2.0)
    assert (part.begin_s, part.end_s, part.rate_hz) == (1.0, 3.0, 8000)
    assert not part.difference.any()
    assert np.array_equal(part.heard, part.said)
    assert len(piece(shifted, 1e9, 2.0).heard) == 1


def test_both_lanes_have_one_scale_and_the_recordings_time(late_and_cut):
    figure = aligned_figure(late_and_cut, 1.5, 2.0, titled=False)
    reference, recording, difference = figure.axes
    assert reference.get_ylim() == recording.get_ylim()
    assert difference.get_xlim() == pytest.approx((1.5, 3.5))
    assert figure.get_suptitle() == ""
    assert late_and_cut.verdict[:20] in aligned_figure(late_and_cut).get_suptitle()


def test_names_of_many_faults_do_not_overlap(said):
    lanes = [Lane("a", said, 8000, "#000000")]
    marks = [Mark(1 + 0.01 * n, kind) for n in range(40) for kind in FAULT_COLOURS]
    (ax,) = call_figure(lanes, marks).axes
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) > 2
    for n, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[n + 1 :])


def test_delay_faults_and_lengths(late_and_cut):
    figure = time_figure(late_and_cut)
    titled = {ax.get_title(loc="left"): ax for ax in figure.axes}
    delay, rows, lengths = titled["delay 100.00 ms, no drift"], titled[""], titled["4 gaps"]
    assert [label.get_text() for label in rows.get_yticklabels()] == ["gap"]
    assert sum(bar.get_height() for bar in lengths.patches) == 4
    assert np.nanmax(delay.lines[0].get_ydata()) == pytest.approx(100.0)


def test_one_that_could_not_be_aligned_has_figures_too(said):
    report = compare(said[:12000], np.random.default_rng(1).integers(-99, 99, 9999, np.int16))
    assert report.alignment is None
    for draw in (aligned_figure, spectrogram_figure, time_figure, snr_figure):
        assert draw(report)._repr_png_()[0].startswith(b"\x89PNG")


def test_the_snr_dips_where_a_gap_is(late_and_cut):
    codec, recording = (
        patch.get_data().values for patch in snr_figure(late_and_cut).axes[0].patches[:2]
    )
    assert np.nanmin(codec) > 25
    assert np.nanmin(recording) < np.nanmin(codec) - 5
    assert np.nanmax(recording) == pytest.approx(np.nanmax(codec), abs=0.1)


def test_an_echo_belongs_to_what_should_be_heard(said):
    wide = said.astype(np.float64)
    wide[800:] += 0.3 * said[:-800]
    report = compare(np.clip(np.rint(wide), -32768, 32767).astype(np.int16), said)
    (level,) = (patch.get_data().values for patch in snr_figure(report).axes[0].patches)
    assert np.nanmean(level) == pytest.approx(report.noise.segmental_db, abs=6)


def test_a_long_name_leaves_room(said, loud):
    heard = said.copy()
    for at in range(loud - 4000, loud + 4000, 1000):
        heard[at : at + 320] = np.roll(heard[at : at + 320], 160)
    report = compare(heard, said)
    assert {fault.kind for fault in report.faults} == {"swap"}
    titles = [ax.get_title(loc="left") for ax in time_figure(report).axes]
    assert f"{len(report.faults)} faults" in titles


def test_a_tone_stands_at_its_level_and_frequency():
    tone = np.rint(16384 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)).astype(np.int16)
    image = spectrogram(tone, 8000)
    assert image.max() == pytest.approx(-6.0, abs=0.1)
    assert image.mean(axis=1).argmax() == 1000 * 256 // 8000


def test_silence_is_dark():
    (axes, _) = spectrograms([Lane("a", np.zeros(8000, np.int16), 8000, "")]).axes
    (image,) = axes.images
    assert image.get_array().max() < image.get_clim()[0]


def test_hundreds_of_faults_are_a_density(said):
    long = np.tile(said, 60)
    heard = long.copy()
    for at in range(4000, len(long), 2000):
        heard[at : at + 160] = 0
    report = compare(heard, long)
    assert len(report.faults) > MOST_SPANS
    (rows,) = (ax for ax in time_figure(report).axes if not ax.get_title(loc="left"))
    assert len(rows.patches) + len(rows.collections) == 1
