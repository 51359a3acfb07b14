# SPDX-License-Identifier: MIT
"""Runs memscan on the guards' images and counts: its own counters, and instructions."""

import os
import re
import subprocess

from cases import IMAGES, pattern_files

ENVIRONMENT = {"LC_ALL": "C"} | {
    name: value for name, value in os.environ.items() if name not in ("LC_ALL", "MEMSCAN_SIMD")
}

# The kernels that valgrind's emulated processor can use.
EMULATED = ("scalar", "avx2")


class Failed(Exception):
    """A command did not do what it must; the text says which."""


def run(command, folder, statuses=(0,)):
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode not in statuses:
        raise Failed(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()}")
    return done


class Bench:
    """A folder with the images and pattern files, and what this memscan and processor can do."""

    def __init__(self, folder, memscan, mkimage):
        self.folder = folder
        self.memscan = memscan
        self.mkimage = mkimage
        for name, lines in pattern_files().items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write("\n".join(lines) + "\n")
        for name, image in IMAGES.items():
            self._make(name, image)
        version = run([memscan, "--version"], folder).stdout
        self.hyperscan = "hyperscan: none" not in version
        built = re.search(r"^simd kernels: (.*)$", version, re.MULTILINE).group(1).split()
        self.kernels = [kernel for kernel in built if self._usable(kernel)]

    def _make(self, name, image):
        here = os.path.dirname(os.path.abspath(__file__))
        spec = image.spec.replace("corpus/", "../../corpus/specs/")
        path = os.path.join(self.folder, name)
        run([self.mkimage, "--format", image.container, os.path.join(here, spec), path], here)
        if not image.filled:
            return
        with open(path, "rb") as file:
            data = file.read()
        for part, size in ((name, len(data)), (half_of(name), len(data) // 2)):
            with open(os.path.join(self.folder, part), "wb") as file:
                file.write(data[:size])

    def _usable(self, kernel):
        options = ["--simd", kernel, "-c", "-b", "1", "memory"]
        return run([self.memscan, *options], self.folder, (0, 1, 2)).returncode != 2

    def has_holes(self):
        """Whether the file system keeps the holes of files, and tells where they are."""
        with open(os.path.join(self.folder, "sparse"), "rb") as file:
            try:
                return os.lseek(file.fileno(), 0, os.SEEK_DATA) > 0
            except OSError:
                return False

    def command(self, case, kernel):
        return [self.memscan, "--threads", "1", "--simd", kernel, *case.arguments()]


def half_of(image):
    return image + ".half"


# == memscan's own counters ==

TRAFFIC_NAMES = ["chunks", "bytes mapped", "bytes read", "match callbacks", "hit callbacks"]
SPACES_NAMES = ["marked pages", "seams"]

STATS = re.compile(r": .* s, .* GB/s, (\d+) chunks?, kernel (\S+)$")
TRAFFIC = re.compile(
    r": (\d+) bytes mapped, (\d+) read, (\d+) match callbacks, (\d+) hit callbacks$"
)
SPACES = re.compile(r": (\d+) pages searched again .*, (\d+) seams between pages$")
ENGINE = re.compile(r": engine (\S+): \d+ patterns?, (\d+) bytes, (\d+) candidates, (\d+) matches$")


def work(bench, case, kernel, half=False):
    """The counters of one search by name, zeros left out."""
    counters = {}
    image = half_of(case.image) if half else case.image
    done = run([*bench.command(case, kernel), "--stats", image], bench.folder, (0, 1))
    for line in done.stderr.splitlines():
        if found := STATS.search(line):
            counters["chunks"] = int(found[1])
            if found[2] != kernel:
                raise Failed(f"{case.name}: kernel {found[2]} ran, not {kernel}")
        elif found := TRAFFIC.search(line):
            counters |= zip(TRAFFIC_NAMES[1:], map(int, found.groups()))
        elif found := SPACES.search(line):
            counters |= zip(SPACES_NAMES, map(int, found.groups()))
        elif found := ENGINE.search(line):
            names = (f"{found[1]} {what}" for what in ("bytes", "candidates", "matches"))
            counters |= zip(names, map(int, found.groups()[1:]))
    if "bytes mapped" not in counters:
        raise Failed(f"{case.name}: --stats does not print what it did: {done.stderr}")
    return {name: value for name, value in counters.items() if value}


# == Instructions ==


def callgrind(bench, case, kernel):
    """Instructions of the searches of half the image and of all of it, without all around them."""
    prefix = os.path.join(bench.folder, f"callgrind.{case.name}.{kernel}")
    options = [f"--callgrind-out-file={prefix}", "--vgdb=no"]
    options += ["--toggle-collect=ms_search", "--dump-after=ms_search"]
    command = [*bench.command(case, kernel), half_of(case.image), case.image]
    run(["valgrind", "--tool=callgrind", *options, *command], bench.folder, (0, 1))
    counts = []
    for part in ("1", "2"):
        with open(f"{prefix}.{part}", encoding="ascii") as file:
            counts.append(int(re.search(r"^totals: (\d+)$", file.read(), re.MULTILINE)[1]))
    return counts


def perf(bench, case, kernel):
    """The same, with start and end of the program, which are in both."""
    command = bench.command(case, kernel)
    images = (half_of(case.image), case.image)
    return [_perf_count(bench.folder, [*command, image], (0, 1)) for image in images]


def _perf_count(folder, command, statuses):
    """None where perf cannot count. Several lines are several kinds of cores."""
    report = os.path.join(folder, f"perf.{os.urandom(8).hex()}")
    run(["perf", "stat", "-x,", "-e", "instructions:u", "-o", report, *command], folder, statuses)
    with open(report, encoding="ascii") as file:
        counts = [line.split(",")[0] for line in file if "instructions" in line]
    os.remove(report)
    counts = [int(count) for count in counts if count.isdigit()]
    return sum(counts) if counts else None


def perf_works(folder):
    try:
        return _perf_count(folder, ["true"], (0,)) is not None
    except (OSError, Failed):
        return False


def callgrind_works(folder):
    try:
        run(["valgrind", "--tool=callgrind", "--version"], folder)
        return True
    except (OSError, Failed):
        return False


def instructions(bench, case, kernel, tool):
    """Instructions a byte, or a hit, of the image's second half."""
    small, large = tool(bench, case, kernel)
    return (large - small) / (_units(bench, case, kernel) - _units(bench, case, kernel, half=True))


def _units(bench, case, kernel, half=False):
    if case.per == "byte":
        image = half_of(case.image) if half else case.image
        return os.path.getsize(os.path.join(bench.folder, image))
    counters = work(bench, case, kernel, half)
    return sum(value for name, value in counters.items() if name.endswith(" matches"))
