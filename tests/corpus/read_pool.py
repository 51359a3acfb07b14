#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An independent reader of the pool that memscan-mkimage makes.

    read_pool.py IMAGE TRUTH

It knows from TRUTH where memory lies in IMAGE, where the kernel's variables are (`label`), which pages
are pool (`poolrange`), where special pool has pages, and which headers are overwritten. All else it
reads by itself: blocks, chunks of segment heaps, the tables of big pages and of tags. It prints the
records that only one of the two has, "image" or "truth" before them, without names.
"""

import sys

from read_modules import PAGE, Memory, Missing, number, word

# Structures by the last build that has them, and by the width of pointers: the bytes of an entry,
# and for each field its offset and width.
BIG = {
    4: [(3789, 0x0c, {"pages": (8, 4)}),
        (5999, 0x10, {"pages": (8, 4)}),
        (10239, 0x10, {"type": (8, 4), "bytes": (12, 4)}),
        (99999, 0x10, {"packed": (8, 4), "bytes": (12, 4)})],
    8: [(5999, 0x18, {"pages": (12, 4)}),
        (10239, 0x18, {"type": (12, 4), "bytes": (16, 8)}),
        (20347, 0x18, {"packed": (12, 4), "bytes": (16, 8)}),
        (99999, 0x20, {"packed": (12, 4), "bytes": (16, 8)})],
}
TAGS = {  # allocations, frees and bytes of nonpaged, then of paged pool
    4: [(16298, 0x1c, [(4, 4), (8, 4), (12, 4), (16, 4), (20, 4), (24, 4)]),
        (99999, 0x30, [(8, 8), (16, 8), (4, 4), (32, 8), (40, 8), (24, 4)])],
    8: [(16298, 0x28, [(4, 4), (8, 4), (16, 8), (24, 4), (28, 4), (32, 8)]),
        (21999, 0x38, [(16, 8), (24, 8), (8, 8), (40, 8), (48, 8), (32, 8)]),
        (99999, 0x50, [(16, 8), (24, 8), (8, 8), (40, 8), (48, 8), (32, 8)])],
}
COMPARED = ("pool", "bigpage", "bigtable", "tagtable", "tracker", "counted", "special")
NAMED = {"pool": 11, "bigpage": 9, "special": 11}  # where the name stands


def layout(table, width, build):
    return next(item[1:] for item in table[width] if build <= item[0])


def tag_word(data):
    return word(data.decode("latin-1")) if b"\0" not in data else \
        "".join("%00" if c == 0 else word(chr(c)) for c in data)


class Pool:
    def __init__(self, memory, truth):
        self.memory, self.truth, self.records = memory, truth, []
        self.labels = {r[3]: int(r[2], 16) for r in truth if r[0] == "label" and r[1] == "nt"}
        self.kdbg = next(int(r[5], 16) for r in truth if r[0] == "nt" and r[4] == "plain")
        self.build = int(memory.text(self.labels["NtBuildLab"]).split(".")[0])
        self.width, self.unit = memory.width, 16 if memory.width == 8 else 8
        self.counted, self.others = {}, set()  # by tag; pages that are no blocks
        self.over = {int(r[1], 16): int(r[2]) for r in truth
                     if r[0] == "pool" and r[6] == "overwritten"}

    def add(self, *fields):
        self.records.append(" ".join(str(field) for field in fields))

    def variable(self, name, width=None):
        return self.memory.number(self.labels[name], width)

    def count(self, tag, kind, size):
        totals = self.counted.setdefault(tag, [0] * 6)
        at = ("nonpaged", "paged", "session").index(kind) * 2
        totals[at] += 1
        totals[at + 1] += size

    # -- blocks

    def header(self, at):
        """(previous, index, size, type, tag, whether it is protected), sizes in bytes"""
        data = self.memory.read(at, self.unit)
        if self.unit == 16:
            previous, index, size, kind = data[:4]
        else:
            first, second = number(data, 0, 2), number(data, 2, 2)
            previous, index, size, kind = first & 0x1ff, first >> 9, second & 0x1ff, second >> 9
        tag = data[4:7] + bytes([data[7] & 0x7f])
        return previous * self.unit, index, size * self.unit, kind, tag, data[7] >> 7

    def state(self, kind):
        """(kind of pool or None, whether it is allocated)"""
        if kind == 0:
            return None, False
        if self.build < 6000:
            name = "session" if kind & 0x20 else "nonpaged" if kind & 1 else "paged"
            return name, True
        name = "session" if kind & 0x20 else "paged" if kind & 1 else "nonpaged"
        return name, bool(kind & 2)

    def block(self, at, range_kind, is_vs):
        previous, _, size, kind, tag, is_protected = self.header(at)
        pool, is_live = self.state(kind)
        assert pool in (None, range_kind), "%x: a block of %s pool" % (at, pool)
        assert self.build < 9200 or not is_protected, "a protected tag"
        is_rest = tag == b"Free" and (at + size) % PAGE == 0
        self.add("pool", hex(at), size, previous, tag_word(tag), range_kind,
                 "allocated" if is_live else "rest" if is_rest else "free", hex(kind),
                 "protected" if is_protected else "plain", "vs" if is_vs else "chained", "held")
        if is_live:
            self.count(tag, range_kind, size)

    def chained_page(self, page, kind):
        at = page
        before = 0
        while at < page + PAGE:
            if at in self.over:
                before = self.over[at]
                at += before
                continue
            previous, _, size, _, _, _ = self.header(at)
            assert previous == before, "%x: the chain is broken" % at
            assert size and at + size <= page + PAGE, "%x: a block's size" % at
            self.block(at, kind, False)
            before = size
            at += size

    def subsegment(self, start, kind):
        """Its chunks; returns its end."""
        memory = self.memory
        size, signature = memory.number(start + 0x20, 2), memory.number(start + 0x22, 2)
        assert size ^ signature == 0x2bed, "%x: no subsegment" % start
        at, end, before = start + 0x30, start + 0x30 + size * 16, 0
        assert end % PAGE == 0, "%x: a subsegment of no whole pages" % start
        while at < end:
            try:
                before = self.chunk(at, start, before, kind)
                at += before * 16
            except Missing:  # no chunk crosses pages
                before, at = None, (at // PAGE + 1) * PAGE
        assert at == end, "%x: chunks go over the end" % start
        return end

    def chunk(self, at, start, before, kind):
        """Its units."""
        memory, block = self.memory, at + 16
        key = at ^ self.variable("RtlpHpHeapGlobals", 8)
        sizes = memory.number(at, 8) ^ key
        units, previous, live = sizes >> 16 & 0xffff, sizes >> 32 & 0xffff, sizes >> 48
        assert before in (None, previous) and units, "%x: the chunks are broken" % at
        assert (memory.number(at + 8, 8) ^ key) & 0xff == (at - start) // PAGE, "a chunk's page"
        assert at // PAGE == (at + units * 16 - 1) // PAGE, "%x: a chunk crosses pages" % at
        if block in self.over:
            assert units * 16 == self.over[block] + 16
        elif units > 1 and memory.number(block + 4, 4):
            _, _, size, type_byte, _, _ = self.header(block)
            assert size == units * 16 - 16, "%x: sizes differ" % at
            assert live == type_byte >> 1 & 1, "%x: who is free?" % at
            self.block(block, kind, True)
        else:
            assert not live, "%x: nothing in a chunk" % at
        return units

    def read_range(self, start, length, kind, form):
        at = start
        while at < start + length:
            if at in self.others:
                at += PAGE
            elif form == "vs":
                at = self.subsegment(at, kind)
            else:
                try:
                    self.chained_page(at, kind)
                except Missing:
                    pass
                at += PAGE

    # -- tables

    def big_pages(self):
        table, count = self.variable("PoolBigPageTable"), self.variable("PoolBigPageTableSize")
        if not table:
            return
        size, fields = layout(BIG, self.width, self.build)
        self.add("bigtable", hex(table), count, size)
        self.others.update(range(table, table + count * size, PAGE))
        for i in range(count):
            entry = self.memory.read(table + i * size, size)
            address, key = number(entry, 0, self.width), entry[self.width:self.width + 4]
            get = {name: number(entry, at, width) for name, (at, width) in fields.items()}
            if address:
                self.big_page(address, key, get)

    def big_page(self, address, key, get):
        is_free, address = address & 1, address & ~1
        length = get["pages"] * PAGE if "pages" in get else get["bytes"]
        slush = get.get("packed", 0) >> 20
        kind = get["packed"] >> 8 & 0xfff if "packed" in get else get.get("type")
        tag = key[:3] + bytes([key[3] & 0x7f])
        if is_free and tag == b"Gone":
            return  # freed long ago
        self.others.update(range(address, address + length, PAGE))
        record = next((r for r in self.truth if r[0] == "poolrange" and
                       int(r[1], 16) <= address < int(r[1], 16) + int(r[2])), None)
        assert record, "%x: big pages that are not in pool" % address
        wanted = {"nonpaged": 0, "paged": 1, "session": 0x21}[record[3]]
        assert kind in (None, wanted), "%x: big pages of another pool" % address
        asked = str(length - slush) if "packed" in get else "?"
        self.add("bigpage", hex(address), length, asked, tag_word(tag), record[3],
                 "free" if is_free else "allocated", "protected" if key[3] >> 7 else "plain",
                 "held" if self.memory.holds(address) else "missing")
        if not is_free:
            self.count(tag, record[3], length)

    def trackers(self):
        table, count = self.variable("PoolTrackTable"), self.variable("PoolTrackTableSize")
        if not table:
            return
        size, fields = layout(TAGS, self.width, self.build)
        assert self.memory.number(self.kdbg + 0x1b8) == self.labels["PoolTrackTable"], "KDBG"
        self.add("tagtable", hex(table), count, size)
        copies = [self.memory.number(self.labels["ExPoolTagTables"] + i * self.width)
                  for i in range(64)]
        copies = [copy for copy in copies if copy] or [table]
        assert copies[0] == table, "the first processor's table is another one"
        totals = {}
        for copy in copies:
            self.others.update(range(copy & ~(PAGE - 1), copy + count * size, PAGE))
            for i in range(count):
                entry = self.memory.read(copy + i * size, size)
                if any(entry[:4]):
                    found = [number(entry, at, width) for at, width in fields]
                    sums = totals.setdefault(entry[:4], [0] * 6)
                    totals[entry[:4]] = [(a + b) % (1 << 8 * width)
                                         for a, b, (_, width) in zip(sums, found, fields)]
        for tag, sums in totals.items():
            self.add("tracker", tag_word(tag), *sums)

    def limits(self):
        """Where pool begins and ends, which kernels up to Windows 7 know."""
        for at, name in enumerate(("MmNonPagedPoolStart", "MmNonPagedPoolEnd", "MmPagedPoolStart",
                                   "MmPagedPoolEnd")):
            kind = "paged" if at > 1 else "nonpaged"
            assert self.memory.number(self.kdbg + 0x110 + at * 8) == self.labels[name], "KDBG"
            starts = [(int(r[1], 16), int(r[2])) for r in self.truth
                      if r[0] == "poolrange" and r[3] == kind]
            if self.build >= 9200 or not starts:
                assert self.variable(name) == 0, name
            elif at % 2 == 0:
                assert self.variable(name) == min(starts)[0], name
            else:
                assert self.variable(name) >= sum(max(starts)), name

    # -- special pool

    def special(self, page):
        data = self.memory.page(page)
        try:
            self.memory.page(page + PAGE)
            raise AssertionError("%x: no guard" % (page + PAGE))
        except Missing:
            pass
        found = []
        for mode, at in (("overrun", 0), ("underrun", PAGE - self.unit)):
            flags, pattern = number(data, at, 2), data[at + 2]
            size = flags & 0x7fff
            start = (PAGE - size) // self.unit * self.unit if mode == "overrun" else 0
            ours = [i for i in range(PAGE) if not start <= i < start + size and
                    not at <= i < at + self.unit]
            strange = [i for i in ours if data[i] != pattern]
            found.append((len(strange) if 0 < size <= PAGE - self.unit else PAGE, mode, at, start,
                          size, flags >> 15, pattern, strange))
        _, mode, at, start, size, is_paged, pattern, strange = min(found)
        freed = number(data, self.unit, 4) == 0x98764321
        if freed:
            assert number(data, self.unit + 8, 4) == size, "the free's size"
            assert number(data, self.unit + 12, 4) == is_paged, "the free's pool"
            assert number(data, self.unit + 16, self.width) == page + start, "the free's address"
            strange = [i for i in strange if not self.unit <= i < self.unit + 16 + self.width]
        garbage = []
        for i in strange:
            if garbage and garbage[-1][0] + len(garbage[-1][1]) == i:
                garbage[-1][1].append(data[i])
            else:
                garbage.append((i, bytearray([data[i]])))
        self.add("special", hex(page), hex(page + start), size, tag_word(data[at + 4:at + 8]),
                 "paged" if is_paged else "nonpaged", mode, "freed" if freed else "allocated",
                 "overwritten" if garbage else "intact", "0x%02x" % pattern, "held",
                 *("0x%x:%s" % (i, text.hex()) for i, text in garbage))

    def read(self):
        self.limits()
        self.trackers()
        self.big_pages()
        for r in self.truth:
            if r[0] == "poolrange":
                self.read_range(int(r[1], 16), int(r[2]), r[3], r[4])
            elif r[0] == "special" and r[10] == "held":
                self.special(int(r[1], 16))
        for tag, sums in self.counted.items():
            self.add("counted", tag_word(tag), *sums)
        return self.records


def said(truth, memory, build):
    """The truth's records as the reader makes them."""
    for r in truth:
        if r[0] not in COMPARED or r[0] == "pool" and r[6] == "overwritten":
            continue
        if r[0] in ("pool", "special") and r[10] == "missing":
            assert not memory.holds(int(r[1], 16)), "%s is there" % r[1]
            continue
        fields = [f for i, f in enumerate(r) if i != NAMED.get(r[0])]
        if r[0] == "bigpage" and build < 10240:
            fields[3] = "?"  # tables do not say it
        yield " ".join(fields)


def main():
    path, truth_path = sys.argv[1:]
    with open(truth_path, encoding="latin-1") as file:
        truth = [line.split() for line in file if not line.startswith("#")]
    memory = Memory(path, truth, next(r for r in truth if r[0] == "nt")[1])
    memory.map()
    pool = Pool(memory, truth)
    found = pool.read()
    wanted = list(said(truth, memory, pool.build))
    for record in found:
        if record not in wanted:
            print("image", record)
    for record in wanted:
        if record not in found:
            print("truth", record)
    if len(found) != len(set(found)) or len(wanted) != len(set(wanted)):
        sys.exit("a record twice")


main()
