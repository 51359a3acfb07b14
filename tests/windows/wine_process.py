#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wine_process.py MEMSCAN: holds what memscan says of modules to a real loader's work.

Starts Wine in a prefix of its own, without a display, and takes the process in which it loads ntoskrnl.exe
and the most drivers. The modules are copied from that process's memory to an image of a machine, at
the same addresses above KERNEL: by their own relocations, and slots that point into a module likewise. What memscan
then says of their slots must be what objdump says of the files; and where headers no longer tell where tables are,
what is told by values must be slots. Exit status 77: Wine is not installed.
"""

import glob
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import wine_files

WINE = "/usr/lib/wine/wine64"
SERVER = "/usr/lib/wine/wineserver"
KERNEL = 0xFFFFF80000000000
PAGE = 4096


# == Wine ==


class Wine:
    """A Wine of its own; ends all that it has started."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = dict(
            os.environ,
            HOME=folder,
            WINEPREFIX=f"{folder}/prefix",
            TMPDIR=folder,  # else its server leaves a folder behind
            WINEDEBUG="-all",
            WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=",
        )
        self.environment.pop("DISPLAY", None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([SERVER, "-k"], env=self.environment, check=False)
        try:
            subprocess.run([SERVER, "-w"], env=self.environment, check=False, timeout=20)
        except subprocess.TimeoutExpired:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)

    def run(self, *command):
        subprocess.run(
            [WINE, *command],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=120,
        )

    def processes(self):
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as opened:
                    if f"WINEPREFIX={self.folder}/prefix\0".encode() in opened.read():
                        yield int(path.split("/")[2])
            except OSError:
                pass


def mapped_files(pid):
    """Modules by name: where each begins and its file. They are mapped from their files, parts of them."""
    modules = {}
    with open(f"/proc/{pid}/maps", encoding="utf-8") as opened:
        for line in opened:
            fields = line.split(maxsplit=5)
            path = fields[5].strip() if len(fields) == 6 else ""
            name = os.path.basename(path).lower()
            if name.endswith((".exe", ".dll", ".sys")):
                modules.setdefault(name, (int(fields[0].split("-")[0], 16), path))
    return modules


def with_most_drivers(wine):
    best = None
    for pid in wine.processes():
        try:
            modules = mapped_files(pid)
        except OSError:
            continue
        n_drivers = sum(name.endswith(".sys") for name in modules)
        if "ntoskrnl.exe" in modules and (best is None or n_drivers > best[0]):
            best = (n_drivers, pid)
    return best[1] if best and best[0] >= 3 else None


def read_memory(pid, start, length):
    """The bytes, and those pages of them that are not there."""
    memory, gone = bytearray(length), set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as opened:
        for at in range(0, length, PAGE):
            try:
                opened.seek(start + at)
                page = opened.read(min(PAGE, length - at))
            except (OSError, ValueError, OverflowError):
                page = b""
            memory[at : at + len(page)] = page
            if len(page) == 0:
                gone.add(at // PAGE)
    return memory, gone


# == Modules ==


class Module:
    def __init__(self, name, base, path, memory, gone):
        self.name, self.base, self.path, self.memory, self.gone = name, base, path, memory, gone
        self.text = wine_files.run("objdump", "-p", path)
        self.exports = {}  # what is exported, by name or #ordinal: an RVA, or a forwarder's text
        for line in wine_files.exports(self.text):
            if line.startswith("export "):
                ordinal, name, kind, place = line[len("export ") :].split(" ")
                for key in {name, f"#{ordinal}"} - {""}:
                    self.exports[key] = int(place, 16) if kind == "at" else place
        self.slots = {}  # by RVA: the file and what is asked of it
        for line in wine_files.imports(self.text, 8):
            _, slot, dll, asked = line.split(" ")[:4]
            self.slots[int(slot, 16)] = (dll.lower(), asked)

    def u32(self, at):
        return struct.unpack_from("<I", self.memory, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.memory, at)[0]

    def move(self, delta, modules):
        """Does what a loader does where the module begins somewhere else."""
        relocations, size = struct.unpack_from("<II", self.memory, self.u32(0x3C) + 0x88 + 5 * 8)
        at, end = relocations, relocations + size
        while relocations and at < end:
            page, length = struct.unpack_from("<II", self.memory, at)
            for entry in range(at + 8, at + length, 2):
                (what,) = struct.unpack_from("<H", self.memory, entry)
                if what >> 12 == 10:
                    self.add(page + (what & 0xFFF), delta)
            at += length
        for slot in self.slots:
            if any(m.base <= self.u64(slot) < m.base + len(m.memory) for m in modules):
                self.add(slot, delta)

    def add(self, at, delta):
        struct.pack_into("<Q", self.memory, at, (self.u64(at) + delta) & (1 << 64) - 1)


def load(pid):
    for name, (base, path) in sorted(mapped_files(pid).items()):
        headers, gone = read_memory(pid, base, PAGE)
        if gone or headers[:2] != b"MZ":
            continue
        (nt,) = struct.unpack_from("<I", headers, 0x3C)
        machine, size = struct.unpack_from("<H74xI", headers, nt + 4)
        if machine == 0x8664:
            yield Module(name, base, path, *read_memory(pid, base, size))


def place_of(modules, dll, asked, depth=0):
    """The address of an export, forwarders followed; None: it is of no module that is there."""
    place = modules[dll].exports.get(asked) if dll in modules and depth < 8 else None
    if isinstance(place, int):
        return modules[dll].base + place
    if place is None:
        return None
    dll, _, asked = place.rpartition(".")
    return place_of(modules, f"{dll.lower()}.dll", asked, depth + 1) or place_of(
        modules, f"{dll.lower()}.exe", asked, depth + 1
    )


# == An image of a machine ==


def write_image(path, modules):
    """x64 page tables from 4096 on, the topmost first; pages behind them."""
    tables, pages = [{}], []

    def entry(table, index):
        if index not in tables[table]:
            tables.append({})
            tables[table][index] = len(tables) - 1
        return tables[table][index]

    for module in modules:
        for page in range(-(-len(module.memory) // PAGE)):
            if page in module.gone:
                continue
            virtual = module.base + KERNEL + page * PAGE
            table = 0
            for shift in (39, 30, 21):
                table = entry(table, virtual >> shift & 511)
            tables[table][virtual >> 12 & 511] = ~len(pages)
            pages.append(bytes(module.memory[page * PAGE : (page + 1) * PAGE]).ljust(PAGE, b"\0"))
    with open(path, "wb") as opened:
        opened.write(bytes(PAGE))
        for table in tables:
            for index in range(512):
                to = table.get(index)
                frame = 0 if to is None else 1 + to if to > 0 else 1 + len(tables) + ~to
                opened.write(struct.pack("<Q", frame * PAGE | 0x63 if frame else 0))
        opened.writelines(pages)


def memscan_slots(memscan, image):
    """By address: the value, kind, state, and what memscan says it asks for and is."""
    command = [memscan, "imports", "--scan", "--quiet", "--format", "csv", "--dtb", "1000", "--arch", "x64", image]
    rows = [line.split(",") for line in wine_files.run(*command).splitlines()]
    columns = {name: i for i, name in enumerate(rows[0])}
    slots = {}
    for row in rows[1:]:
        fact = {name: row[i] for name, i in columns.items()}
        slots.setdefault(int(fact["slot"], 16), []).append(fact)
    return slots


# == Checks ==


class Checks:
    def __init__(self):
        self.n = self.failed = 0

    def check(self, ok, text):
        self.n += 1
        if not ok:
            self.failed += 1
            if self.failed <= 30:
                print(text)


def check_tables(checks, memscan, image, modules):
    """Each slot of each import table, its value, and whether it is what it asks for."""
    write_image(image, modules.values())
    found = memscan_slots(memscan, image)
    for module in modules.values():
        for slot, (dll, asked) in module.slots.items():
            facts = found.get(module.base + KERNEL + slot, [])
            what = f"{module.name}+{slot:x} {dll} {asked}"
            named = asked.replace("#", "Ordinal")
            fact = next((fact for fact in facts if fact["name"].endswith(f"!{named}")), None)
            checks.check(fact is not None, f"{what}: not told: {facts}")
            if fact is None:
                continue
            value = module.u64(slot)
            checks.check(int(fact["value"], 16) == value, f"{what}: {fact['value']}, not {value:x}")
            place = place_of(modules, dll, asked)
            state = "as-asked" if place is not None and place + KERNEL == value else None
            if state:
                checks.check(fact["state"] == state, f"{what}: {fact['state']}, not {state}")
            # Exports that are not there are stubs of the loader; what it patches is in no file.
            else:
                checks.check(fact["state"] != "as-asked" or dll not in modules, f"{what}: {fact['state']}")


def check_values(checks, memscan, image, modules):
    """Slots of drivers whose headers no longer tell where tables are: told by their values, and no others."""
    drivers = [module for module in modules.values() if module.name.endswith(".sys")]
    for module in drivers:
        directories = module.u32(0x3C) + 0x88
        struct.pack_into("<II", module.memory, directories + 1 * 8, 0xFFFF0000, 40)  # of imports: nowhere
        for index in (12, 13):  # the address table, delayed imports: none
            struct.pack_into("<II", module.memory, directories + index * 8, 0, 0)
    write_image(image, modules.values())
    found = memscan_slots(memscan, image)
    n_told = n_slots = 0
    for module in drivers:
        start = module.base + KERNEL
        told = {at - start for at, facts in found.items() if 0 <= at - start < len(module.memory)}
        kinds = {fact["kind"] for at in told for fact in found[start + at]}
        checks.check(kinds <= {"by-value"}, f"{module.name}: {kinds}")
        checks.check(told <= set(module.slots), f"{module.name}: {sorted(told - set(module.slots))} are no slots")
        n_told += len(told & set(module.slots))
        n_slots += len(module.slots)
        print(f"{module.name}: {len(told)} of {len(module.slots)} slots by their values")
    checks.check(n_slots > 0 and n_told * 10 >= n_slots * 9, f"{n_told} of {n_slots} slots by their values")


def main():
    memscan = sys.argv[1]
    for tool, package in ((WINE, "wine64"), (SERVER, "wine64"), ("objdump", "binutils")):
        if not shutil.which(tool):
            wine_files.skip(f"no {tool} (Debian package {package})")
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder, Wine(folder) as wine:
        wine.run("wineboot", "-i")
        for _ in range(40):
            pid = with_most_drivers(wine)
            if pid is not None:
                break
            time.sleep(0.5)
        else:
            wine_files.skip("Wine has started no process with drivers")
        modules = {module.name: module for module in load(pid)}
        for module in modules.values():
            module.move(KERNEL, list(modules.values()))
        check_tables(checks, memscan, f"{folder}/image", modules)
        check_values(checks, memscan, f"{folder}/image", modules)
    n_drivers = sum(name.endswith(".sys") for name in modules)
    n_slots = sum(len(module.slots) for module in modules.values())
    print(f"{len(modules)} modules, {n_drivers} drivers, {n_slots} slots: {checks.n} checks, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


main()
