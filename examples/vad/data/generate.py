"""Makes this folder's files from published ones: copies the model, joins the sample, records what the Python package answers.

    apt-get download pocketsphinx-testdata && dpkg-deb -x pocketsphinx-testdata_*.deb pocketsphinx
    pip install silero-vad==6.2.3 onnxruntime==1.32.0 torch==2.15 torchaudio==2.11.0
    python generate.py pocketsphinx/usr/share/pocketsphinx/test/data/librivox

`cases.json` holds the probabilities that the package's own ONNX graph (`silero_vad.onnx`, run by onnxruntime) gives for
sample.wav, and what the package's get_speech_timestamps makes of these and of 100 random curves; and
what torchaudio, which the package resamples with, makes of short sounds at other rates.
"""
import json
import os
import shutil
import sys
import types
import wave

import numpy as np
import silero_vad
import torch
from silero_vad.utils_vad import get_speech_timestamps_from_probs

# torchaudio's compiled parts want a torch of their own version. Its resampling does without them.
sys.modules["torchaudio._extension"] = types.SimpleNamespace(_IS_TORCHAUDIO_EXT_AVAILABLE=False, fail_if_no_align=lambda f: f)
from torchaudio.functional import resample  # noqa: E402

folder = os.path.dirname(os.path.abspath(__file__))
published = os.path.join(os.path.dirname(silero_vad.__file__), "data")
# The package's .safetensors file holds the weights of another training run. This ONNX file has those of silero_vad.onnx.
shutil.copy(os.path.join(published, "silero_vad_16k_sequence.onnx"), folder)


def sentence(number):
    with wave.open(os.path.join(sys.argv[1], f"sense_and_sensibility_01_austen_64kb-{number}.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


# Two sentences, and between them 1.5 s of white noise that is louder than the voice: loudness alone is not speech.
noise = np.round(2000 * np.random.default_rng(0).standard_normal(24000)).astype("<i2")
sample = np.concatenate([sentence("0880"), noise, sentence("0890")])
with wave.open(os.path.join(folder, "sample.wav"), "wb") as file:
    file.setparams((1, 2, 16000, len(sample), "NONE", "not compressed"))
    file.writeframes(sample.tobytes())

audio = torch.from_numpy(sample.astype(np.float32) / 32768)
model = silero_vad.load_silero_vad(onnx=True)
probabilities = [float(p) for p in model.audio_forward(audio[None], 16000)[0]]
timestamps = silero_vad.get_speech_timestamps(audio, model)


def curve(rng):
    """Probabilities that wander between silence and speech."""
    level, points = 0.0, []
    for _ in range(rng.integers(1, 160)):
        if rng.random() < 0.12:
            level = rng.choice([0.02, 0.45, 0.98])
        points.append(round(float(np.clip(level + rng.normal(0, 0.08), 0, 1)), 2))
    return points


rng = np.random.default_rng(1)
curves = []
for number in range(100):
    points = curve(rng)
    samples = 512 * len(points) - int(rng.integers(0, 512))
    options = {}
    if number % 2:
        options["threshold"] = round(float(rng.uniform(0.1, 0.9)), 2)
        options["min_speech_duration_ms"] = int(rng.choice([0, 64, 250, 500]))
        options["min_silence_duration_ms"] = int(rng.choice([0, 33, 100, 400]))
        options["speech_pad_ms"] = int(rng.choice([0, 30, 45, 200]))
    if number % 4 == 3:
        options["neg_threshold"] = round(options["threshold"] * float(rng.uniform(0.2, 1)), 2)
    answer = get_speech_timestamps_from_probs(points, audio_length_samples=samples, **options)
    curves.append({"probabilities": points, "samples": samples, "options": options, "timestamps": answer})

resampled = []
for rate, length in [(16001, 90), (22050, 100), (24000, 40), (32000, 33), (44100, 300), (48000, 200), (96000, 1), (192000, 500)]:
    sound = np.round(rng.uniform(-1, 1, length), 3).astype(np.float32)
    answer = resample(torch.from_numpy(sound).double(), rate, 16000)  # in float32 its filters are off by some 1e-5
    resampled.append({"rate": rate, "samples": [round(float(x), 3) for x in sound], "resampled": [round(float(y), 8) for y in answer]})

with open(os.path.join(folder, "cases.json"), "w") as file:
    sample_case = {"probabilities": probabilities, "samples": len(sample), "timestamps": timestamps}
    listed = lambda cases: "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]"
    file.write(f'{{"sample": {json.dumps(sample_case)},\n"curves": {listed(curves)},\n"resampled": {listed(resampled)}}}\n')
print(f"{len(sample)} samples, {len(probabilities)} probabilities, {timestamps}")
