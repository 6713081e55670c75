#!/usr/bin/env python3
"""Fails when a file of the project is in no meson.build.

Usage: listed.py ROOT LISTED_FILE...
"""
import sys
from pathlib import Path

# What has to be listed; headers inside src/ and tests/ are found by their #include.
PATTERNS = ["include/**/*.hpp", "src/**/*.cpp", "samples/**/*.cpp", "tests/**/*.cpp"]

root = Path(sys.argv[1]).resolve()
listed = {Path(name).resolve() for name in sys.argv[2:]}
on_disk = {path for pattern in PATTERNS for path in root.glob(pattern)}

forgotten = sorted(path.relative_to(root) for path in on_disk - listed)
for path in forgotten:
    print(f"{path}: in no list; add it to {path.parts[0]}/meson.build")
print(f"{len(on_disk)} files, {len(forgotten)} not listed")
sys.exit(1 if forgotten else 0)
