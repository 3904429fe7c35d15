import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

ATTEMPTS = """
import os, socket, subprocess, sys, urllib.request
import retrieval.conversion.child as child
child.confine(1 << 30)
for attempt in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: urllib.request.urlopen("http://127.0.0.1:9"),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.fork(),
    lambda: open(sys.argv[1], "w").write("x" * 100_000),
    lambda: bytearray(2 << 30),
):
    try:
        attempt()
        print("went through")
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
"""


def test_a_reader_reaches_no_network_starts_nothing_and_writes_nothing(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, str(tmp_path / "file")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["PermissionError"] * 5 + ["OSError", "MemoryError"]
