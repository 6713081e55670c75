#!/usr/bin/env python3
"""Tests of the sample `digits`: that it learns, and what it answers to bad options and files.

Usage: digits.py SAMPLE DATA
"""
import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import mpirun

sample = Path(sys.argv[1]).resolve()
good_lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
failures = 0


def run(*args: str) -> subprocess.CompletedProcess:
    return subprocess.run([sample, *args], capture_output=True, encoding="utf-8")


def check(holds: bool, what: str) -> None:
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'FAILED'}  {what}")


def refuses(args: list[str], saying: str) -> None:
    """One line on standard error that names the fault, and exit code 2."""
    answer = run(*args)
    lines = answer.stderr.splitlines()
    check(
        answer.returncode == 2 and len(lines) == 1 and saying in lines[0],
        f"{' '.join(args)[:60]}: exit code {answer.returncode}, {answer.stderr.strip()!r}",
    )


def file_of(name: str, lines: list[str]) -> str:
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return name


def learns() -> None:
    answer = run("--epochs", "2", "--output", "curves")
    accuracy = re.search(r"never seen: ([0-9.]+) % accuracy", answer.stdout)
    check(accuracy is not None and float(accuracy[1]) > 85, "two epochs teach most digits")

    with open("curves/digits.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    curves = {(row["panel"], row["series"], row["x"]) for row in rows}
    wanted = {
        (panel, series, epoch)
        for panel in ("Loss", "Accuracy") for series in ("train", "unseen") for epoch in ("1", "2")
    }
    check(curves == wanted, "the curves have a point for each epoch")

    check(run("--help").stdout.startswith("digits: "), "--help explains the options")
    twice = [re.sub(r"^ .* s$|After \S+ s", "", run("--epochs", "1").stdout, flags=re.M)
             for _ in range(2)]
    check(twice[0] == twice[1], "the same seed reads the same digits")


def rows_of(folder: str) -> list[str]:
    return Path(folder, "digits.csv").read_text(encoding="utf-8").splitlines()


def alike(folders: tuple[str, str]) -> bool:
    numbers = [[float(row.split(",")[-1]) for row in rows_of(folder)[1:]] for folder in folders]
    return len(numbers[0]) == len(numbers[1]) == 8 and all(
        abs(a - b) <= 1e-9 * abs(b) for a, b in zip(*numbers))


def engines_agree() -> None:
    for engine in ("program", "tape"):
        run("--epochs", "2", "--engine", engine, "--output", engine)
    check(alike(("program", "tape")), "program and tape train alike")
    run("--epochs", "2", "--threads", "3", "--output", "threads")
    check(rows_of("threads") == rows_of("program"), "threads change no digit")


def goes_on_from_checkpoints() -> None:
    stopped = run("--epochs", "2", "--checkpoint", "saved", "--output", "stopped")
    if "built without model files" in stopped.stderr:
        print("skipped checkpoints: built without model files")
        return
    resumed = ["--checkpoint", "saved", "--resume"]
    check(stopped.returncode == 0, "a checkpoint is saved")
    run("--epochs", "4", *resumed, "--output", "resumed")
    run("--epochs", "4", "--output", "straight")
    check(rows_of("resumed") == rows_of("straight"), "a training goes on to the last digit")
    refuses(["--hidden", "20", *resumed], "layers.0.weight is 32×64 in the file")
    refuses(["--seed", "2", *resumed], "seed")
    refuses(["--checkpoint", "missing", "--resume"], "missing: cannot be read")
    refuses(["--checkpoint", "missing/saved"], "missing/saved: cannot be written")


def trains_by_several_processes() -> None:
    if "built without MPI" in run("--distributed", "--epochs", "1").stderr:
        refuses(["--distributed"], "built without MPI")
        print("skipped several processes: built without MPI")
        return
    if not mpirun.is_there():
        print("skipped several processes: there is no mpirun")
        return
    common = ["--distributed", "--epochs", "2", "--output"]
    for processes in (1, 2, 4):
        answer = mpirun.mpirun(processes, sample, *common, f"group{processes}", "--parts", "4")
        check(answer.returncode == 0 and answer.stdout.count("digits to learn from") == 1,
              f"the first of {processes} processes speaks for all")
    check(rows_of("group1") == rows_of("group2") == rows_of("group4"),
          "1, 2 and 4 processes change no digit")
    run("--epochs", "2", "--output", "alone")
    check(alike(("group2", "alone")), "they train as one does")

    other = [sample, *common, "other", "--seed", "2"]
    answer = mpirun.mpirun(1, sample, *common, "other", ":", "-n", "1", *other)
    check(answer.returncode == 1 and "the seed is 1 in process 0, 2 in process 1" in answer.stderr,
          f"another seed in one of them is named, exit code {answer.returncode}")
    answer = mpirun.mpirun(2, sample, *common, "other", "--rate", "1e308")
    check(answer.returncode == 1 and "process 0 of 2: epoch 1, step 2, training" in answer.stderr,
          f"a training that diverges ends all, exit code {answer.returncode}")


def says_where_it_diverges() -> None:
    answer = run("--rate", "1e308")
    check(answer.returncode == 1, f"a training that diverges has exit code {answer.returncode}")
    check(re.match(r"digits: epoch 1, step 2, training sample \d+: the loss is nan; try a smaller",
                   answer.stderr) is not None, "it says when, at which sample, and what to do")
    check(re.search(r"overflows: #\d+ L1\.n1\.sum", answer.stderr) is not None,
          "it says which neuron's sum overflowed")


def refuses_bad_options() -> None:
    refuses(["--colour", "red"], "'--colour'")
    refuses(["--epochs"], "--epochs needs a value")
    refuses(["--epochs", "0"], "'0'")
    refuses(["--epochs", "2.5"], "'2.5'")
    refuses(["--rate", "-0.1"], "'-0.1'")
    refuses(["--rate", "fast"], "'fast'")
    refuses(["--rate", "nan"], "'nan'")
    refuses(["--batch", "0"], "'0'")
    refuses(["--hidden", "0"], "'0'")
    refuses(["--hidden", "32,"], "''")
    refuses(["--seed", "-1"], "'-1'")
    refuses(["--engine", "steam"], "'steam'")
    refuses(["--threads", "0"], "'0'")
    refuses(["--resume"], "--checkpoint")
    refuses(["--parts", "2"], "--distributed")
    refuses(["--parts", "0", "--distributed"], "'0'")
    refuses(["--batch", "1439"], "batches of 1439 for 1438 samples")
    # A folder below a file: not writable for root either.
    refuses(["--output", file_of("plain", []) + "/folder"], "plain/folder")


def refuses_bad_files() -> None:
    header, first, second = good_lines[:3]
    letter = file_of("letter.csv", [header, first, second.replace(",", ",x", 1)])
    ragged = file_of("ragged.csv", [header, first, second.rpartition(",")[0]])
    narrow = file_of("narrow.csv", ["grey,digit", "3,1", "4,1"])
    eleven = file_of("eleven.csv", [header, first, second.rpartition(",")[0] + ",10"])
    refuses(["--data", "missing.csv"], "missing.csv")
    refuses(["--data", "."], "directory")
    refuses(["--data", letter], "letter.csv:3:3: ")
    refuses(["--data", ragged], "ragged.csv:3:")
    refuses(["--data", narrow], "narrow.csv:1: ")
    refuses(["--data", eleven], "'10'")
    refuses(["--data", file_of("one.csv", [header, first])], "empty")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    learns()
    engines_agree()
    goes_on_from_checkpoints()
    trains_by_several_processes()
    says_where_it_diverges()
    refuses_bad_options()
    refuses_bad_files()
sys.exit(1 if failures else 0)
