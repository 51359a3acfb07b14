#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wine_code.py MEMSCAN MKIMAGE SPEC: holds the instructions that `refs --code` finds in real drivers to objdump.

The drivers are those of Debian's libwine, mapped as a kernel maps them by the image builder. For each module, all
instructions that reach into it are compared: those of objdump's listing whose operand is relative to RIP, and calls and
jumps with 32 bits. objdump decodes sections from their start; where it has come out of step, at data between functions,
the two may differ in places that memscan marks as uncertain. Exit status 77: the drivers, or objdump, are not installed.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile

LINE = re.compile(r"^ +([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)$")
RELATIVE = re.compile(r"\[rip[+-]0x[0-9a-f]+\].*# (?:0x)?([0-9a-f]+)")
BRANCH = re.compile(r"^(?:bnd |notrack )?(?:call|j[a-z]+) +(?:0x)?([0-9a-f]+)")
LONG_BRANCH = re.compile(r"^(?:[0-9a-f]{2} )*(?:e8|e9|0f 8[0-9a-f]) (?:[0-9a-f]{2} ){4}$")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="latin-1").stdout


def target_of(code, text):
    """Where an instruction leads to by 32 bits of its own; None: nowhere."""
    found = RELATIVE.search(text)
    if not found and LONG_BRANCH.match(code):
        found = BRANCH.match(text)
    return int(found[1], 16) if found else None


def objdump(path, base):
    """The references of a file at the address where it is mapped, as pairs of addresses."""
    start = int(re.search(r"^ImageBase\s+([0-9a-f]+)", run("objdump", "-p", path), re.MULTILINE)[1], 16)
    for line in run("objdump", "-d", "-w", "-z", "-M", "intel", path).splitlines():
        found = LINE.match(line)
        target = target_of(found[2], found[3]) if found else None
        if target is not None:
            yield int(found[1], 16) - start + base, target - start + base


def memscan(program, module, image):
    """The same by memscan: pairs, and those of them that are uncertain."""
    text = run(program, "refs", "--quiet", "--code", "--format", "csv", "--module", module, f"{module}:", image)
    rows = [row for row in csv.DictReader(text.splitlines()) if row["instruction"]]
    pairs = [(int(row["address"], 16), int(row["value"], 16), row["uncertain"] == "true") for row in rows]
    assert len(pairs) == len(set(pairs)) and pairs == sorted(pairs), f"{module}: not in order"
    return {pair[:2] for pair in pairs}, {pair[:2] for pair in pairs if pair[2]}


def modules_of(program, image):
    text = run(program, "modules", "--format", "csv", image)
    for row in csv.DictReader(text.splitlines()):
        yield row["name"], row["file"] or row["name"], int(row["base"], 16), int(row["end"], 16)


def compare(name, expected, found, uncertain):
    """How many references the two do not share, apart from uncertain ones; prints them."""
    missing, more = expected - found, found - expected - uncertain
    print(f"{name}: {len(found)} references, {len(uncertain)} of them uncertain, objdump {len(expected)}")
    for sign, pairs in (("-", missing), ("+", more)):
        for address, target in sorted(pairs)[:20]:
            print(f"{sign} {address:x} {target:x}")
    return len(missing) + len(more)


def main():
    program, builder, spec = sys.argv[1:]
    folder = re.search(r"^default WINE (.*)$", open(spec).read(), re.MULTILINE)[1]
    if not os.path.exists(f"{folder}/ntoskrnl.exe"):
        skip(f"no PE files in {folder} (Debian package libwine)")
    if not shutil.which("objdump") or "pei-x86-64" not in run("objdump", "-i"):
        skip("no objdump for PE files (Debian package binutils)")
    failed = n = 0
    with tempfile.TemporaryDirectory() as work:
        run(builder, spec, f"{work}/image")
        for name, file, base, end in modules_of(program, f"{work}/image"):
            path = f"{folder}/{file}" if os.path.exists(f"{folder}/{file}") else f"{folder}/{name}.sys"
            expected = {pair for pair in objdump(path, base) if base <= pair[1] < end}
            found, uncertain = memscan(program, name, f"{work}/image")
            failed += compare(name, expected, found, uncertain)
            n += len(found)
    print(f"{n} references, {failed} differ")
    sys.exit(1 if failed or n < 1000 else 0)


main()
