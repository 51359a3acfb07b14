#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# pool_truth.py PRINT MKIMAGE SPEC BUILD [TRACKERS]: makes an image of the spec, and holds all that
# the engine says of its pool to the builder's truth: every block, every tag's totals, every address.
# TRACKERS takes the place of the spec's line that begins so.

import collections
import re
import subprocess
import sys
import tempfile

PAGE = 0x1000
VISTA = 6000  # before it the table of big pages has no types: ranges of addresses tell
failures = []


def fail(text):
    failures.append(text)


def unescape(word):
    out = bytearray()
    at = 0
    while at < len(word):
        if word[at] == "%":
            out.append(int(word[at + 1:at + 3], 16))
            at += 3
        else:
            out.append(ord(word[at]))
            at += 1
    return out.hex()


# A block, as both sides have it.
Block = collections.namedtuple("Block", "form address size previous tag kind state protected")


class Truth:
    def __init__(self, path, build):
        self.big_kinds = {} if build >= VISTA else {"session": "unknown"}
        self.must, self.may, self.overwritten = {}, {}, []
        self.trackers, self.counted, self.special = {}, {}, collections.Counter()
        self.modules, self.has_chains, self.unknown = [], True, {}
        for line in open(path, encoding="ascii"):
            words = line.split()
            if words and not line.startswith("#"):
                getattr(self, "read_" + words[0], lambda words: None)(words[1:])

    def add(self, block, is_sure=True):
        (self.must if is_sure else self.may)[block.address] = block

    def read_pool(self, words):
        address, size, previous, tag, kind, state, _, form, layout, held, _ = words
        block = Block("block", int(address, 16), int(size), int(previous), unescape(tag), kind,
                      "allocated" if state == "allocated" else "free", form)
        self.has_chains &= layout == "chained"
        if held != "held":
            return
        if state == "overwritten":
            self.overwritten.append(block)
        elif layout == "chained":
            self.add(block)
        elif state == "allocated":
            # Without a chain only a name tells a header.
            self.add(block, pattern_of(block.tag) is not None)
        elif state == "free":
            self.add(block, False)  # a segment heap need not leave the header

    def read_bigpage(self, words):
        address, size, _, tag, kind, state, form, _, _ = words
        if state == "allocated":
            self.add(Block("big", int(address, 16), int(size), 0, unescape(tag),
                           self.big_kinds.get(kind, kind), state, form))
            if kind in self.big_kinds:
                self.unknown[unescape(tag)] = [1, int(size), 0, 0, -1, -int(size)]

    def read_special(self, words):
        page, _, size, tag, kind, _, state, _, _, held = words[:10]
        if held != "held":
            return
        state = "free" if state == "freed" else state
        self.add(Block("special", int(page, 16), PAGE, 0, unescape(tag), kind, state, "plain"))
        if state == "allocated":
            self.special[unescape(tag)] += int(size)

    def read_tracker(self, words):
        tag, *numbers = words
        self.trackers[unescape(tag)] = [int(number) for number in numbers]

    def read_counted(self, words):
        tag, *numbers = words
        self.counted[unescape(tag)] = [int(number) for number in numbers]

    def read_module(self, words):
        self.modules.append((int(words[1], 16), int(words[2], 16)))


class Engine:
    def __init__(self, program, image):
        self.process = subprocess.Popen([program, image], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.about = self.answer()

    def answer(self):
        lines = []
        for line in self.process.stdout:
            if line == "end\n":
                return lines
            lines.append(line.split())
        sys.exit("pool_print ended early")

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return self.answer()


def block_of(words):
    form, address, size, previous, tag, kind, state, protected = words[:8]
    return Block(form, int(address, 16), int(size), int(previous), tag, kind, state, protected)


def compare(what, found, wanted):
    if found != wanted:
        fail(f"{what}: found {found}, not {wanted}")


def check_all(truth, engine):
    """All blocks, by all pages."""
    rows = [block_of(words) for words in engine.ask("find *")]
    addresses = [row.address for row in rows]
    compare("order", addresses, sorted(set(addresses)))
    found = {row.address: row for row in rows}
    for address, block in truth.must.items():
        compare(f"block at {address:#x}", found.get(address), block)
    for address, row in found.items():
        if address not in truth.must and row != truth.may.get(address):
            fail(f"invented: {row}")
    return rows


def pattern_of(tag):
    """The tag as it is typed; None: it cannot be."""
    text = bytes.fromhex(tag).decode("latin-1")
    return text if text.isprintable() and text.isascii() and not set(text) & set("*?") else None


def check_tags(engine, rows):
    """By a search for one tag the same is found as by all pages."""
    tags = {row.tag for row in rows} | {"4e6f6e65"}
    for pattern in filter(None, map(pattern_of, tags)):
        for typed in {pattern, pattern.rstrip(), pattern[:3] + "?", pattern[:2] + "*",
                      "*" + pattern[3:]}:
            found = [block_of(words) for words in engine.ask(f"find {typed}")]
            compare(f"find {typed}", found, [row for row in rows if fits(typed, row.tag)])


def fits(typed, tag):
    text = bytes.fromhex(tag).decode("latin-1")
    if typed.startswith("*"):
        return text.endswith(typed[1:])
    if typed.endswith("*"):
        return text.startswith(typed[:-1])
    return all(a in ("?", b) for a, b in zip(typed.ljust(4), text))


def usage_of(words):
    keys = {"tag": 1, "tracker": 4, "untracked": 4, "counted": 4, "session": 2, "special": 2,
            "frees": 2, "guessed": 1}
    row = {}
    while words:
        n = keys[words[0]]
        row[words[0]] = words[1] if n == 1 else [int(word) for word in words[1:n + 1]]
        words = words[n + 1:]
    return row


def check_used(truth, engine):
    rows = {row["tag"]: row for row in map(usage_of, engine.ask("used"))}
    compare("tags sorted", list(rows), sorted(rows))
    special = {tag: row["special"][1] for tag, row in rows.items() if row["special"][0]}
    compare("special", special, dict(truth.special))
    for tag in set(truth.trackers) | set(truth.counted) | set(rows):
        row = rows.get(tag)
        if row is None:
            fail(f"tag {tag} lacks")
            continue
        compare(f"tag {tag} is tracked", "tracker" in row, tag in truth.trackers)
        if tag in truth.trackers and "tracker" in row:
            allocs, frees, size, paged_allocs, paged_frees, paged_size = truth.trackers[tag]
            compare(f"tracker {tag}", row["tracker"],
                    [allocs - frees, size, paged_allocs - paged_frees, paged_size])
            compare(f"frees {tag}", row["frees"], [frees, paged_frees])
        counted = [a + b for a, b in zip(truth.counted.get(tag, [0] * 6),
                                         truth.unknown.get(tag, [0] * 6))]
        if truth.has_chains or pattern_of(tag):
            compare(f"counted {tag}", row["counted"] + row["session"], counted)


def check_addresses(truth, engine):
    for block in truth.must.values():
        for offset in sorted({0, 1, 4, block.size // 2, block.size - 1}):
            rows = engine.ask(f"at {block.address + offset:#x}")
            compare(f"at {block.address:#x}+{offset:#x}", [block_of(row) for row in rows], [block])
    for base, end in truth.modules:
        for address in (base, base + 0x104, end - 1):
            compare(f"at {address:#x}, a module", engine.ask(f"at {address:#x}"), [])


def check_pages(truth, engine):
    """A page of chained pool is told from its first byte to its last."""
    pages = {block.address & -PAGE for block in truth.must.values() if block.form == "block"}
    for page in sorted(pages):
        head, *rows = engine.ask(f"page {page + 0x123:#x}")
        compare(f"page {page:#x}", head[:2], ["page", hex(page)])
        damaged = any(block.address & -PAGE == page for block in truth.overwritten)
        state = "guessed" if not truth.has_chains else "damaged" if damaged else "whole"
        compare(f"state of page {page:#x}", head[2], state)
        at = page
        for row in rows if truth.has_chains else []:
            compare(f"gap in page {page:#x}", int(row[1], 16), at)
            at += int(row[2])
        compare(f"end of page {page:#x}", at if truth.has_chains else page + PAGE, page + PAGE)
    for block in truth.overwritten if truth.has_chains else []:
        row = engine.ask(f"at {block.address + 1:#x}")[0]
        compare("damage", (row[0], int(row[1], 16), int(row[2])),
                ("damaged", block.address, block.size))


def main():
    program, mkimage, path, build, *trackers = sys.argv[1:]
    spec = open(path, encoding="utf-8").read()
    if trackers:
        spec = re.sub("(?m)^trackers.*$", trackers[0], spec)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([mkimage, "--set", f"BUILD={build}", "--truth", f"{folder}/truth", "-",
                        f"{folder}/image"], check=True, input=spec, text=True)
        truth = Truth(f"{folder}/truth", int(build))
        engine = Engine(program, f"{folder}/image")
        rows = check_all(truth, engine)
        check_tags(engine, rows)
        check_used(truth, engine)
        check_addresses(truth, engine)
        check_pages(truth, engine)
        compare("enough blocks", len(truth.must) > 100, True)
    for failure in failures[:20]:
        print(failure)
    sys.exit(f"{len(failures)} failures" if failures else 0)


main()
