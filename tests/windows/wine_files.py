#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wine_files.py PE_PRINT [FILE...]: holds what the engine reads of PE files to what objdump says.

Without files: drivers, kernel and some libraries of Debian's libwine. Exit status 77: they, or
objdump for PE files, are not installed.
"""

import glob
import os
import re
import shutil
import struct
import subprocess
import sys

FOLDERS = "/usr/lib/*/wine/*-windows"
PATTERNS = ["*.sys", "ntoskrnl.exe", "hal.dll", "advapi32.dll", "ole32.dll", "shlwapi.dll", "ws2_32.dll"]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def find_files():
    files = [path for pattern in PATTERNS for path in glob.glob(f"{FOLDERS}/{pattern}")]
    if not files:
        skip(f"no PE files in {FOLDERS} (Debian package libwine)")
    return sorted(files)


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="latin-1").stdout


# == What objdump says ==


def field(text, name):
    match = re.search(rf"^{name}\s+([0-9a-f]+)", text, re.MULTILINE)
    return int(match[1], 16) if match else 0


def headers(text):
    yield (
        f"header size {field(text, 'SizeOfImage'):x} checksum {field(text, 'CheckSum'):x} "
        f"entry {field(text, 'AddressOfEntryPoint'):x} base {field(text, 'ImageBase'):x}"
    )


def exports(text):
    """Functions by index, and names that refer to them by index."""
    own = re.search(r"^Name \t\t\t\t[0-9a-f]+ (\S+)", text, re.MULTILINE)
    if own:
        yield f"name {own[1]}"
    places = {}
    for index, ordinal, rva, rest in re.findall(
        r"^\t\[ *(\d+)\] \+base\[ *(\d+)\] ([0-9a-f]+) (Export RVA|Forwarder RVA -- .*)$", text, re.MULTILINE
    ):
        place = f"at {int(rva, 16):x}" if rest == "Export RVA" else f"to {rest[len('Forwarder RVA -- '):]}"
        places[index] = [ordinal, place, ""]
    table = text.partition("[Ordinal/Name Pointer] Table\n")[2].partition("\n\n")[0]
    for index, name in re.findall(r"^\t\[ *(\d+)\] (.*)$", table, re.MULTILINE):
        ordinal, place, _ = places[index]
        places[index][2] = name
        yield f"export {ordinal} {name} {place}"
    for ordinal, place, name in places.values():
        if not name:
            yield f"export {ordinal}  {place}"


def imports(text, width):
    table = text.partition("The Import Tables")[2].partition("\n\n\n")[0]
    for block in re.split(r"^ [0-9a-f]{8}\t", table, flags=re.MULTILINE)[1:]:
        name = re.search(r"DLL Name: (.*)", block)
        if not name:
            continue
        slot = int(block.split()[4], 16)
        for line in re.findall(r"^\t[0-9a-f]+\t(.*)$", block, re.MULTILINE):
            hint, asked = line.split()[:2]
            # objdump writes the ordinals of PE32+ in hexadecimal, those of PE32 in decimal.
            what = f"#{int(hint, 16 if width == 8 else 10)}" if asked == "<none>" else f"{asked} hint {hint}"
            yield f"import {slot:x} {name[1]} {what}"
            slot += width


def claimed(lines):
    """Slots of the imports that were told."""
    return {int(line.split()[1], 16) for line in lines}


def rest(text, width, taken, at_rva):
    """What is in the IAT besides: pointers that delay loads of winebuild use."""
    match = re.search(r"^Entry c ([0-9a-f]+) ([0-9a-f]+)", text, re.MULTILINE)
    start, size = int(match[1], 16), int(match[2], 16)
    for slot in range(start, start + size - width + 1, width):
        if slot not in taken and (value := int.from_bytes(at_rva(slot, width), "little")):
            yield f"rest {slot:x} {value:x}"


def file_by_rva(file):
    """A function that reads the file's bytes by their place in memory."""
    (nt,) = struct.unpack_from("<I", file, 0x3C)
    n_sections, n_optional = struct.unpack_from("<H12xH", file, nt + 6)
    table = nt + 0x18 + n_optional
    sections = [struct.unpack_from("<8xIIII", file, table + 0x28 * i) for i in range(n_sections)]

    def at_rva(rva, length):
        for _, start, in_file, offset in sections:
            if start <= rva < start + in_file:
                return file[offset + rva - start :][:length]
        return b""

    return at_rva


def functions(text):
    base = field(text, "ImageBase")
    for begin, end in re.findall(r"^ [0-9a-f]{16}:\t([0-9a-f]+) ([0-9a-f]+) [0-9a-f]+", text, re.MULTILINE):
        if begin != end:
            yield f"function {int(begin, 16) - base:x} {int(end, 16) - base:x}"


def version(file):
    """By the signature: there is one such resource, and nothing else looks like it."""
    found = file.find(b"\xbd\x04\xef\xfe\0\0\1\0")
    if found >= 0:
        high, low = struct.unpack_from("<II", file, found + 8)
        yield f"version {high >> 16}.{high & 0xffff}.{low >> 16}.{low & 0xffff}"


def truth(path):
    text = run("objdump", "-p", path)
    width = 8 if field(text, "Magic") == 0x20B else 4
    yield from headers(text)
    yield from exports(text)
    lists = list(imports(text, width))
    yield from lists
    with open(path, "rb") as opened:
        file = opened.read()
    yield from rest(text, width, claimed(lists), file_by_rva(file))
    yield from functions(text)
    yield from version(file)


def main():
    program, files = sys.argv[1], sys.argv[2:] or find_files()
    if not shutil.which("objdump") or "pei-x86-64" not in run("objdump", "-i"):
        skip("no objdump for PE files (Debian package binutils)")
    failed = n_lines = 0
    for path in files:
        expected = sorted(truth(path))
        found = sorted(run(program, path).splitlines())
        n_lines += len(expected)
        if expected != found:
            failed += 1
            print(f"{os.path.relpath(path)}: objdump says (-), memscan reads (+):")
            for line in sorted(set(expected) - set(found))[:20]:
                print(f"- {line}")
            for line in sorted(set(found) - set(expected))[:20]:
                print(f"+ {line}")
            if set(expected) == set(found):
                print("the same, but another number of times")
    print(f"{len(files)} files, {n_lines} facts, {failed} files differ")
    sys.exit(1 if failed or n_lines < 100 * len(files) > 1000 else 0)


if __name__ == "__main__":
    main()
