#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the work of fixed searches with counters.csv: README.md says how to read that.

guards.py --memscan FILE --mkimage FILE [--cases GLOB] [--rewrite] [--no-instructions WHY]
          [work|instructions]

Exit status: 0 all rows hold, 1 some do not, 2 it could not be tried, 77 there was nothing to try.
"""

import argparse
import concurrent.futures
import csv
import dataclasses
import fnmatch
import os
import sys
import tempfile

sys.dont_write_bytecode = True  # tests leave no file behind

import measure  # noqa: E402
from cases import CASES  # noqa: E402

CSV = os.path.join(os.path.dirname(os.path.abspath(__file__)), "counters.csv")
HEADER = ["case", "counter", "value", "tolerance"]

# Of new rows. Hyperscan's code is the distribution's, and may change with a fix.
WORK_TOLERANCE = "0"
INSTRUCTIONS_TOLERANCE = "1%"
HYPERSCAN_TOLERANCE = "3%"

MODES = ["work", "instructions"]

FASTEST = "avx2"  # what cases run with that are not about kernels


@dataclasses.dataclass
class Row:
    value: float
    tolerance: str

    def holds(self, got):
        if self.tolerance.endswith("%"):
            allowed = abs(self.value) * float(self.tolerance[:-1]) / 100
        else:
            allowed = float(self.tolerance)
        return abs(got - self.value) <= allowed


@dataclasses.dataclass
class Measured:
    """What one search came to, by counter, and who counted."""

    case: object
    counters: dict
    by: str


def is_instructions(counter):
    return counter.startswith("instructions/")


def number(counter, value):
    return f"{value:.4g}" if is_instructions(counter) else str(int(value))


# == The file ==


def read_rows():
    if not os.path.exists(CSV):
        return {}
    with open(CSV, encoding="ascii", newline="") as file:
        return {
            (row["case"], row["counter"]): Row(float(row["value"]), row["tolerance"])
            for row in csv.DictReader(file)
        }


def write_rows(rows):
    names = [case.name for case in CASES]
    counters = measure.TRAFFIC_NAMES + measure.SPACES_NAMES

    def place(key):
        name, counter = key
        rank = counters.index(counter) if counter in counters else len(counters)
        return names.index(name), is_instructions(counter), rank, counter

    with open(CSV, "w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for key in sorted((key for key in rows if key[0] in names), key=place):
            writer.writerow([*key, number(key[1], rows[key].value), rows[key].tolerance])


def new_tolerance(case, counter):
    if not is_instructions(counter):
        return WORK_TOLERANCE
    return HYPERSCAN_TOLERANCE if case.hyperscan else INSTRUCTIONS_TOLERANCE


def rewrite(rows, mode, results):
    """Puts what was measured in place of what the rows had of those searches."""
    for measured in results:
        for counter in expected_counters(rows, mode, measured.case):
            if counter not in measured.counters:
                del rows[measured.case.name, counter]
        for counter, value in measured.counters.items():
            key = (measured.case.name, counter)
            old = rows.get(key)
            rows[key] = Row(value, old.tolerance if old else new_tolerance(measured.case, counter))
    write_rows(rows)


# == Comparing ==


def expected_counters(rows, mode, case):
    """Those that have a row and are counted all at once; a counter without a row is 0."""
    if mode != "work":
        return []
    return [name[1] for name in rows if name[0] == case.name and not is_instructions(name[1])]


def verdict(counter, expected, got):
    if counter.endswith(" matches"):
        return "matches lost" if got < expected else "matches that are none"
    if counter == "hit callbacks":
        return "other output"
    return "more work" if got > expected else "less work: if a gain, --rewrite"


def differences(rows, mode, measured):
    """Lines of the table that is printed: where one search is not as in the file."""
    name = measured.case.name
    counters = {counter: 0 for counter in expected_counters(rows, mode, measured.case)}
    for counter, got in (counters | measured.counters).items():
        row = rows.get((name, counter), Row(0, "0"))
        if row.holds(got):
            continue
        change = f"{100 * (got / row.value - 1):+.1f}%" if row.value else ""
        numbers = [number(counter, value) for value in (row.value, got)]
        yield [name, counter, *numbers, change, row.tolerance, verdict(counter, row.value, got)]


def print_table(lines):
    lines = [["case", "counter", "expected", "got", "change", "allowed", ""], *lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def report(rows, mode, results):
    lines = []
    for measured in results:
        # Kernels do the same work, and go wrong together or alone.
        lines += [line for line in differences(rows, mode, measured) if line not in lines]
    n_counts = sum(len(measured.counters) for measured in results)
    by = ", ".join(sorted({measured.by for measured in results}))
    what = f"guards: {mode}: {n_counts} counts of {len(results)} searches ({by})"
    if not lines:
        print(f"{what} are as in counters.csv")
        return 0
    print_table(lines)
    print(f"{what}: {len(lines)} are not as in tests/guards/counters.csv")
    print("guards: if that is meant, --rewrite the file, and say why in the commit")
    return 1


# == Measuring ==


def skip(what, why):
    print(f"guards: skipped {what}: {why}")


def possible_cases(bench, wanted):
    cases = [case for case in CASES if fnmatch.fnmatch(case.name, wanted)]
    if not bench.hyperscan:
        skip("Hyperscan's cases", "this memscan was built without it")
        cases = [case for case in cases if not case.hyperscan]
    if not bench.has_holes():
        skip("the cases of sparse files", "this file system does not tell where files have holes")
        cases = [case for case in cases if case.image != "sparse"]
    return cases


def work_tasks(bench, options):
    """Every kernel must do the same work, so each is held to the same rows."""

    def task(case, kernel):
        return Measured(case, measure.work(bench, case, kernel), kernel)

    cases = possible_cases(bench, options.cases)
    return [(task, case, kernel) for case in cases for kernel in bench.kernels]


def processor_has(flag):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return any(line.startswith("flags") and flag in line.split() for line in file)


def tools_for(case, kernel, working):
    """Who may count these instructions: perf, which is fast, then callgrind, whose processor is
    the same everywhere. With AVX-512, perf sees other code of Hyperscan's than the file is for.
    """
    tools = []
    if measure.perf in working and not (case.hyperscan and processor_has("avx512bw")):
        tools.append(measure.perf)
    if measure.callgrind in working and kernel in measure.EMULATED:
        tools.append(measure.callgrind)
    return tools


def count_instructions(bench, rows, case, kernel, tools):
    """The first tool by which the row holds is right, else the last."""
    counter = f"instructions/{case.per}" + (f" {kernel}" if case.kernels else "")
    row = rows.get((case.name, counter))
    for tool in tools:
        got = measure.instructions(bench, case, kernel, tool)
        if row and row.holds(got):
            break
    return Measured(case, {counter: got}, tool.__name__)


def instruction_tasks(bench, rows, options):
    working = [] if options.rewrite or not measure.perf_works(bench.folder) else [measure.perf]
    if measure.callgrind_works(bench.folder):
        working.append(measure.callgrind)
    if FASTEST not in bench.kernels:
        skip("instructions of all but the scalar kernels", f"{FASTEST} is not built or not usable")

    def task(case, kernel):
        return count_instructions(bench, rows, case, kernel, tools_for(case, kernel, working))

    tasks = []
    for case in possible_cases(bench, options.cases):
        for kernel in bench.kernels:
            wanted = case.per and (case.kernels or kernel == FASTEST)
            if wanted and tools_for(case, kernel, working):
                tasks.append((task, case, kernel))
    return tasks


def measure_all(bench, rows, mode, options):
    if mode == "work":
        tasks = work_tasks(bench, options)
    else:
        tasks = instruction_tasks(bench, rows, options)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        futures = [pool.submit(task, case, kernel) for task, case, kernel in tasks]
        return [future.result() for future in futures]


def guard(options, mode):
    if mode == "instructions" and options.no_instructions:
        skip("instructions", options.no_instructions)
        return 77
    rows = read_rows()
    with tempfile.TemporaryDirectory() as folder:
        bench = measure.Bench(folder, options.memscan, options.mkimage)
        results = measure_all(bench, rows, mode, options)
    if not results:
        skip(mode, "neither perf nor callgrind can count here")
        return 77
    if options.rewrite:
        rewrite(rows, mode, results)
    return report(rows, mode, results)


def main():
    parser = argparse.ArgumentParser(description="Guards the work of memscan's searches.")
    parser.add_argument("--memscan", required=True, type=os.path.abspath)
    parser.add_argument("--mkimage", required=True, type=os.path.abspath)
    parser.add_argument("--cases", metavar="GLOB", default="*")
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("--no-instructions", metavar="WHY", default="")
    parser.add_argument("mode", nargs="?", choices=MODES)
    options = parser.parse_args()
    modes = [options.mode] if options.mode else MODES
    statuses = [guard(options, mode) for mode in modes]
    tried = [status for status in statuses if status != 77]
    return max(tried) if tried else 77


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (measure.Failed, OSError) as failure:
        print(f"guards: {failure}", file=sys.stderr)
        sys.exit(2)
