#!/usr/bin/env python3
"""Tests of trainings by several processes: that they agree, and how they end when one of them dies.

Usage: run.py GROUP_TESTS [TRAINING]

Without TRAINING, which needs model files, nobody dies.
"""
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from mpirun import is_there, mpirun

SKIPPED = 77  # for Meson
STEPS_PER_EPOCH, EPOCHS = 5, 30
group_tests, *training = (Path(argument).resolve() for argument in sys.argv[1:])
failures = 0


def check(holds: bool, what: str) -> None:
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'FAILED'}  {what}")


def all_tests_pass() -> None:
    for processes in (1, 2, 3, 4):
        answer = mpirun(processes, group_tests, "--no-intro", "--no-colors")
        passed = answer.stdout.count("Status: SUCCESS!")
        check(answer.returncode == 0 and passed == processes, f"the tests pass on {processes}")
        if answer.returncode != 0:
            print(answer.stdout + answer.stderr)


def epochs_in(checkpoint: Path) -> int:
    """Loads it, and holds it against the training of one process."""
    answer = subprocess.run([*training, "check", checkpoint], capture_output=True, encoding="utf-8")
    if answer.returncode != 0:
        print(answer.stderr)
        return -1
    return int(answer.stdout)


def dies(what: str, processes: int, rank: int, step: int, folder: Path) -> None:
    checkpoint = folder / f"{what}-{processes}-{rank}-{step}"
    answer = mpirun(processes, *training, what, checkpoint, rank, step)
    name = f"process {rank} of {processes}, step {step}, {what}"
    if what == "kill":
        said = f"process rank {rank} with PID" in answer.stderr and "signal 9" in answer.stderr
        check(answer.returncode != 0 and said, f"{name}: mpirun says so, {answer.returncode}")
    else:
        said = f"process {rank} of {processes}: thrown by the test\n" in answer.stderr
        check(answer.returncode == 1 and said, f"{name}: the message is shown")
    whole = (step - 1) // STEPS_PER_EPOCH
    # The other processes may finish the epoch that it dies at the end of.
    possible = {whole, whole + 1} if step % STEPS_PER_EPOCH == 0 and rank != 0 else {whole}
    found = epochs_in(checkpoint)
    check(found in possible, f"{name}: the checkpoint is of epoch {found}, one of {possible}")
    answer = mpirun(4 if processes == 2 else 2, *training, "train", checkpoint)
    found = epochs_in(checkpoint)
    check(answer.returncode == 0 and found == EPOCHS, f"{name}: it is gone on from, to {found}")


def all_deaths_leave_checkpoints(folder: Path) -> None:
    seeded = random.Random(1)
    last_step = STEPS_PER_EPOCH * EPOCHS
    dies("kill", 2, 0, seeded.randrange(1, last_step), folder)
    dies("kill", 2, 1, seeded.randrange(1, last_step), folder)
    dies("kill", 4, 3, STEPS_PER_EPOCH * seeded.randrange(1, EPOCHS), folder)
    dies("throw", 2, 1, seeded.randrange(1, last_step), folder)
    dies("throw", 4, 0, seeded.randrange(1, last_step), folder)


if not is_there():
    print("skipped: there is no mpirun (Debian: openmpi-bin)")
    sys.exit(SKIPPED)
all_tests_pass()
if training:
    with tempfile.TemporaryDirectory() as folder:
        all_deaths_leave_checkpoints(Path(folder))
else:
    print("skipped deaths: built without model files")
sys.exit(1 if failures else 0)
