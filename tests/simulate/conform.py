#!/usr/bin/python3
"""conform.py REAL VIRTUAL - both programs must print the same: what calls say on the real kernel and on the virtual one"""
import difflib
import subprocess
import sys

real, virtual = (subprocess.run([path], capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
                 for path in sys.argv[1:3])
print(*difflib.unified_diff(real, virtual, "real kernel", "virtual kernel", lineterm="", n=4), sep="\n")
sys.exit(real != virtual or len(real) < 50)
