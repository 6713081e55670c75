#!/usr/bin/env python3
"""Tests of the samples that train: that they learn, and that a seed names one training.

Usage: training.py XOR SPIRALS IRIS SINE SEQUENCE
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

samples = {Path(path).stem: Path(path).resolve() for path in sys.argv[1:]}
failures = 0


def run(name: str, *args: str) -> subprocess.CompletedProcess:
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([samples[name], *args], cwd=folder, capture_output=True,
                              encoding="utf-8")


def check(holds: bool, what: str) -> None:
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'FAILED'}  {what}")


def numbers(name: str, sentence: str) -> list[float]:
    answer = run(name)
    found = re.search(sentence, answer.stdout)
    check(found is not None, f"{name} ends with its sentence; exit code {answer.returncode} {answer.stderr}")
    return [float(number) for number in found.groups()] if found else [0.0, 0.0]


def learns() -> None:
    check(numbers("xor", r"(\d) of 4 answers are right") == [4], "xor: all four answers are right")
    accuracy = numbers("spirals", r"([\d.]+) % of the points kept back")[0]
    check(accuracy >= 98, f"spirals: {accuracy} % of the points are put right, at least 98 %")
    accuracy = numbers("iris", r": ([\d.]+) % accuracy")[0]
    check(accuracy >= 85, f"iris: {accuracy} % of the flowers are put right, at least 85 %")
    noise, error = numbers("sine", r"are ([\d.]+) off .* curve is ([\d.]+) off")
    check(0 < error < 0.6 * noise, f"sine: {error} is well below the noise, {noise}")
    error, naive = numbers("sequence", r"LSTM is ([\d.]+) off, .* ([\d.]+):")
    check(0 < error < 0.6 * naive, f"sequence: {error} is well below the naive error, {naive}")


def is_the_same_again(name: str, *few: str) -> None:
    once, again, other = (run(name, *few, "--seed", seed).stdout for seed in ("7", "7", "8"))
    check(once == again != other, f"{name}: the same seed gives the same numbers, another one others")


def answers(name: str) -> None:
    check(run(name, "--help").stdout.startswith(name + ": "), f"{name}: --help explains the options")
    for args, saying in ((["--colour"], "'--colour'"), (["--seed"], "--seed needs a value"),
                         (["--seed", "-1"], "'-1'"), (["--rate", "nan"], "'nan'")):
        answer = run(name, *args)
        check(answer.returncode == 2 and answer.stderr.count("\n") == 1 and saying in answer.stderr,
              f"{name} {' '.join(args)}: exit code {answer.returncode}, {answer.stderr.strip()!r}")


learns()
is_the_same_again("xor", "--steps", "20")
for name in ("spirals", "iris", "sine", "sequence"):
    is_the_same_again(name, "--epochs", "2")
for name in samples:
    answers(name)
sys.exit(1 if failures else 0)
