#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An independent reader of the processes, threads and drivers that memscan-mkimage makes.

    read_objects.py IMAGE TRUTH [--layout BUILD] [--never N --always N]

It knows from TRUTH where memory lies in IMAGE, where modules lie, and where the kernel's variables are.
All else it finds by itself: it follows the lists both ways, the object directory, and looks for tags of
objects in every page of the kernel's. It prints the records that only one of the two has, "image" or
"truth" before them.
"""

import argparse
import sys

from read_modules import PAGE, Memory, Missing, decode, number, word

# Offsets by build, in hexadecimal; - where a build has no such field, or it is not known.
BUILDS = {
    4: "2600 3790 6002 7601 9200 9600 10240 10586 14393 15063 16299 17134 17763 18362 19041",
    8: "3790 6002 7601 9200 9600 10240 10586 14393 15063 16299 17134 17763 18362 19041 22000 26100",
}
PROCESS = {
    4: """
    bytes       260 278 270 2c0 2e8 2f8 388 370 388 3e0 3e8 400 408 480 4c0
    root         18  18  18  18  18  18  18  18  18  18  18  18  18  18  18
    kthreads     50  50  50  2c  2c  2c  2c  2c  2c  2c  2c  2c  2c  2c  2c
    id           84  94  9c  b4  b4  b4  b4  b4  b4  b4  b4  b4  b4  b4  e4
    links        88  98  a0  b8  b8  b8  b8  b8  b8  b8  b8  b8  b8  b8  e8
    created      70  80  88  a0  a8  a8  c8  c8  c8  d0  d0  d0  d0  d0 100
    exited       78  88  90  a8 2b8 2b0 2c0 2c0 2c8 2d0 2d0 2d8 2d8 348 388
    flags       248 240 228 270  c4  c4  c4  c4  c4  cc  cc  cc  cc  cc  fc
    parent      14c 138 124 140 134 134 138 138 138 140 140 140 140 140 170
    peb         1b0 1a0 188 1a8 140 140 144 144 144 14c 14c 14c 14c 14c 17c
    handles      c4  d4  dc  f4 150 150 154 154 154 15c 15c 15c 15c 15c 18c
    name        174 164 14c 16c 170 170 170 174 174 17c 17c 17c 17c 17c 1ac
    threads     190 180 168 188 194 194 194 198 198 1a0 1a0 1a0 1a0 1a0 1d0
    """,
    8: """
    bytes       3e0 3e8 4d0 660 6b8 7a8 788 7b0 818 838 848 850 880 a40   -   -
    root         28  28  28  28  28  28  28  28  28  28  28  28  28  28  28  28
    user_root     -   -   -   -   - 278   -   -   -   - 278 278 280 388 388   -
    kthreads     70  70  30  30  30  30  30  30  30  30  30  30  30  30  30  30
    id           d8  e0 180 2e0 2e0 2e8 2e8 2e8 2e0 2e0 2e0 2e0 2e8 440 440 1d0
    links        e0  e8 188 2e8 2e8 2f0 2f0 2f0 2e8 2e8 2e8 2e8 2f0 448 448 1d8
    created      c0  c8 168 2d0 2d0 308 308 308 308 308 308 308 310 468 468   -
    exited       c8  d0 170 610 640 678 678 688 690 690 690 690 6c0 840 840   -
    flags       388 370 440 2fc 2fc 304 304 304 304 304 304 304 30c 464 464   -
    parent      218 1f0 290 3d0 3d0 3e0 3e0 3e0 3e0 3e0 3e0 3e0 3e8 540 540   -
    peb         2c0 290 338 3e8 3e8 3f8 3f8 3f8 3f8 3f8 3f8 3f8 3f8 550 550 2e0
    handles     158 160 200 408 408 418 418 418 418 418 418 418 418 570 570   -
    name        268 238 2e0 438 438 448 450 450 450 450 450 450 450 5a8 5a8 338
    threads     290 260 308 470 470 480 488 488 488 488 488 488 488 5e0 5e0 370
    """,
}
THREAD = {
    4: """
    bytes       258 250 288 2b8 2c8 418 458 458 460 480 480 480 480 488 4e0
    initial      18  18  28  28  20  20  20  20  20  20  20  20  20  20  20
    limit        1c  1c  2c  2c  24  24  24  24  24  24  24  24  24  24  24
    base        168 158 174 190  28  28  28  28  28  28  28  28  28  28  28
    kernel       28  20  30  30  48  48  48  48  48  48  48  48  48  48  48
    resident    12a 120  68  3c  58  58  5c  5c  5c  5c  5c  5c  5c  5c  5c
    state        2d  4c  5c  68  90  90  90  90  90  90  90  90  90  90  90
    reason       5b  5a  6c 187 18b 18b 18b 18b 18b 18b 18b 18b 18b 18b 18b
    priority     33  5b  4f  57  87  87  87  87  87  87  87  87  87  87  87
    teb          20  74  84  88  a8  a8  a8  a8  a8  a8  a8  a8  a8  a8  a8
    apc_process  44  38  48  50  80  80  80  80  80  80  80  80  80  80  80
    owner         - 128 144 150 150 150 150 150 150 150 150 150 150 150 150
    klinks      1b0 1a8 1c4 1e0 1d4 1d4 1d4 1d4 1d4 1d4 1d4 1d4 1d4 1d4 1d4
    start       224 21c 1f8 218 200 350 360 360 360 368 368 368 368 370 298
    win32_start 228 220 240 260 244 394 3a4 3a4 3a4 3ac 3ac 3ac 3ac 3b4 2dc
    cid         1ec 1e4 20c 22c 214 364 374 374 374 37c 37c 37c 37c 384 2ac
    links       22c 224 248 268 24c 39c 3ac 3ac 3ac 3b4 3b4 3b4 3b4 3bc 2e4
    cross       248 240 260 280 268 3b8 3c8 3c8 3c4 3cc 3cc 3cc 3cc 3d4 2fc
    """,
    8: """
    bytes       410 450 498 4d0 778 7c0 7c0 7e0 810 818 818 810 820 898   -   -
    initial      28  28  28  28  28  28  28  28  28  28  28  28  28  28  28   -
    limit        30  30  30  30  30  30  30  30  30  30  30  30  30  30  30   -
    base        240 250 278  38  38  38  38  38  38  38  38  38  38  38  38   -
    kernel       38  38  38  58  58  58  58  58  58  58  58  58  58  58  58   -
    resident    1dc  90  4c  74  74  78  78  78  78  78  78  78  78  78  78   -
    state       154 154 164 184 184 184 184 184 184 184 184 184 184 184 184   -
    reason       92  94 26b 283 283 283 283 283 283 283 283 283 283 283 283   -
    priority     93  73  7b  c3  c3  c3  c3  c3  c3  c3  c3  c3  c3  c3  c3   -
    teb          b0  b0  b8  f0  f0  f0  f0  f0  f0  f0  f0  f0  f0  f0  f0   -
    apc_process  68  68  70  b8  b8  b8  b8  b8  b8  b8  b8  b8  b8  b8   -   -
    owner       1e8 1f8 210 220 220 220 220 220 220 220 220 220 220 220 220   -
    klinks      2c0 2d0 2f8 2f8 2f8 2f8 2f8 2f8 2f8 2f8 2f8 2f8 2f8 2f8 2f8   -
    start       3c0 358 388 370 5f8 600 600 608 610 610 610 610 620 450 4a0   -
    win32_start 3c8 3e0 410 3f0 678 680 680 688 690 690 690 690 6a0 4d0 520   -
    cid         358 380 3b0 398 620 628 628 630 638 638 638 638 648 478 4c8   -
    links       3d0 3f0 420 400 688 690 690 698 6a0 6a8 6a8 6a8 6b8 4e8 538   -
    cross       3fc 418 448 42c 6b4 6bc 6bc 6c0 6c8 6d0 6d0 6d0 6e0 510 560   -
    """,
}

COMPARED = ("layout", "process", "thread", "frame", "driver", "pointer", "device", "extension")

MAJORS = ["major-%02x" % i for i in range(28)]
FAST_IO = """FastIoCheckIfPossible FastIoRead FastIoWrite FastIoQueryBasicInfo FastIoQueryStandardInfo
    FastIoLock FastIoUnlockSingle FastIoUnlockAll FastIoUnlockAllByKey FastIoDeviceControl
    AcquireFileForNtCreateSection ReleaseFileForNtCreateSection FastIoDetachDevice
    FastIoQueryNetworkOpenInfo AcquireForModWrite MdlRead MdlReadComplete PrepareMdlWrite
    MdlWriteComplete FastIoReadCompressed FastIoWriteCompressed MdlReadCompleteCompressed
    MdlWriteCompleteCompressed FastIoQueryOpen ReleaseForModWrite AcquireForCcFlush
    ReleaseForCcFlush""".split()


def layout(table, width, build):
    """Offsets of the newest build that is not above this one."""
    builds = [int(b) for b in BUILDS[width].split()]
    column = max((i for i, b in enumerate(builds) if b <= build), default=0)
    rows = [line.split() for line in table[width].strip().splitlines()]
    return builds[column], {row[0]: int(row[column + 1], 16) for row in rows
                            if row[column + 1] != "-"}


def call_length(data):
    """The length of the call that these bytes end with; 0 if there is none."""
    if len(data) >= 5 and data[-5] == 0xe8:
        return 5
    for length in range(2, min(7, len(data)) + 1):
        code = data[-length:]
        if code[0] != 0xff or code[1] >> 3 & 7 != 2:
            continue
        mode, base = code[1] >> 6, code[1] & 7
        want = 2 + {0: 0, 1: 1, 2: 4, 3: 0}[mode]
        if mode != 3 and base == 4:
            want += 1 + (4 if mode == 0 and code[2] & 7 == 5 else 0)
        elif mode == 0 and base == 5:
            want += 4
        if want == length:
            return length
    return 0


class Objects:
    def __init__(self, memory, truth, options):
        self.memory, self.truth, self.records = memory, truth, []
        self.width, self.wide = memory.width, memory.width == 8
        self.labels = {r[3]: int(r[2], 16) for r in truth if r[0] == "label" and r[1] == "nt"}
        self.labels.update({r[4]: int(r[3], 16) for r in truth
                            if r[0] == "export" and r[1] == "nt" and r[3] != "-"})
        self.modules = [(int(r[2], 16), int(r[3], 16), r[1]) for r in truth if r[0] == "module"]
        self.code = [(base + int(r[3], 16), base + int(r[3], 16) + int(r[4]))
                     for r in truth if r[0] == "section" and int(r[5], 16) & 0x20000000
                     for base, _, name in self.modules if name == r[1]]
        self.build = int(memory.text(self.labels["NtBuildLab"]).split(".")[0])
        build = options.layout or self.build
        self.layout, self.process = layout(PROCESS, self.width, build)
        _, self.thread = layout(THREAD, self.width, build)
        self.session = self.process["name"] - self.width if self.layout < 9200 \
            else self.process["peb"] + self.width if self.layout < 26100 else None
        self.cookie = memory.number(self.labels["ObHeaderCookie"], 1)
        self.check_kdbg(options)
        self.found = {}  # objects in pool: their types by the bodies' addresses

    def add(self, *fields):
        self.records.append(" ".join(str(f) if not isinstance(f, str) else f for f in fields))

    def pointer(self, address):
        return self.memory.number(address, self.width)

    def string(self, address):
        length = self.memory.number(address, 2)
        return self.memory.read(self.pointer(address + self.width), length).decode("utf-16-le")

    def place(self, address):
        return next(("%s+0x%x" % (name, address - base) for base, end, name in self.modules
                     if base <= address < end), "-")

    def list(self, head):
        """The links behind a head, which must be the same both ways."""
        ways = []
        for offset in (0, self.width):
            found, at = [], self.pointer(head + offset)
            while at != head:
                assert at not in found, "a loop"
                found.append(at)
                at = self.pointer(at + offset)
            ways.append(found)
        assert ways[0] == ways[1][::-1], "the links disagree"
        return ways[0]

    # ---- the debugger's data block -----------------------------------------------------------

    def check_kdbg(self, options):
        record = next(r for r in self.truth if r[0] == "nt")
        if record[4] == "none":
            return
        data = self.memory.read(int(record[5], 16), 0x400)
        if record[4] == "encoded":
            words = [number(data, i, 8) for i in range(0, 0x400, 8)]
            data = b"".join(decode(w, options.never, options.always,
                                   self.labels["KdpDataBlockEncoded"]).to_bytes(8, "little")
                            for w in words)
        size = number(data, 0x14, 4)
        assert number(data, 0x50, 8) == self.labels["PsActiveProcessHead"]
        assert number(data, 0x98, 8) == self.labels["ObpRootDirectoryObject"]
        fields = [(0x29a, self.thread, "teb"), (0x29c, self.thread, "kernel"),
                  (0x29e, self.thread, "initial"), (0x2a2, self.thread, "state"),
                  (0x2a8, self.process, "bytes"), (0x2aa, self.process, "peb"),
                  (0x2ac, self.process, "parent"), (0x2ae, self.process, "root"),
                  (0x2c0, self.thread, "bytes")]
        for at, table, field in fields:
            if at < size:
                assert number(data, at, 2) == table.get(field, 0), "%x %s" % (at, field)

    # ---- objects -----------------------------------------------------------------------------

    def infos(self, header):
        """(offset below the header, size) of each header before it, the closest first."""
        creator, handles = (0x20, 0x10) if self.wide else (0x10, 8)
        last = handles if self.build >= 14393 else creator
        sizes = (creator, creator, handles, creator, handles, handles, last)
        if self.build < 7600:
            name, handle, quota, flags = self.memory.read(header + 3 * self.width, 4)
            mask = (flags >> 2 & 1) | (name > 0) << 1 | (handle > 0) << 2 | (quota > 0) << 3
        else:
            mask = self.memory.number(header + 3 * self.width + 2, 1)
            name = handle = quota = None
        below, places = 0, {}
        for bit, size in enumerate(sizes):
            if mask >> bit & 1:
                below += size
                places[bit] = below
        for bit, said in ((1, name), (2, handle), (3, quota)):
            assert not said or said == places[bit], "an offset of an optional header"
        return below, places

    def type_of(self, header):
        if self.build < 7600:
            kind = self.pointer(header + 2 * self.width)
        else:
            index = self.memory.number(header + 3 * self.width, 1)
            if self.build >= 10240:
                index ^= self.cookie ^ header >> 8 & 0xff
            kind = self.pointer(self.labels["ObTypeIndexTable"] + index * self.width)
        return self.type_name(kind)

    def type_name(self, kind):
        if self.build >= 6000:
            return self.string(kind + 2 * self.width)
        return self.string(kind + (0x78 if self.wide else 0x40))

    def header_of(self, body):
        return body - (0x30 if self.wide else 0x18)

    def name_of(self, body):
        """(directory, name)"""
        header = self.header_of(body)
        _, places = self.infos(header)
        info = header - places[1]
        return self.pointer(info), self.string(info + self.width)

    def body_in(self, block, end, length, kind):
        """The body of an object in a block: the header's place follows from what it says itself."""
        unit = 2 * self.width
        for header in range(block + unit, end, unit // 2):
            try:
                below, _ = self.infos(header)
                if header - below != block + unit or self.type_of(header) != kind or \
                        not self.pointer(header):
                    continue
            except (Missing, AssertionError, UnicodeDecodeError):
                continue
            body = header + (0x30 if self.wide else 0x18)
            if self.build < 9200:
                assert body + (length + unit - 1) // unit * unit == end, "not at the block's end"
            return body
        return None

    def scan(self, tag, kind, length):
        """Bodies of the allocated objects that have a tag."""
        unit = 2 * self.width
        if self.build < 9200:
            tag = tag[:3] + bytes([tag[3] | 0x80])
        for start in sorted(self.memory.frames):
            try:
                page = self.memory.page(start)
            except Missing:
                continue
            if tag not in page:
                continue
            for at in (i - 4 for i in range(4, PAGE - unit, unit) if page.startswith(tag, i)):
                size = page[at + 2] if self.wide else number(page, at + 2, 2) & 0x1ff
                state = page[at + 3] if self.wide else page[at + 3] >> 1
                if not state & (2 if self.build >= 6000 else 0xff):
                    continue
                body = self.body_in(start + at, start + at + size * unit, length, kind)
                if body and all(self.memory.holds(p) for p in range(body, body + length, PAGE)):
                    yield body

    # ---- processes and threads ---------------------------------------------------------------

    def get(self, body, table, field, width=None):
        return self.memory.number(body + table[field], width or self.width) if field in table else 0

    def read_processes(self):
        head = self.labels["PsActiveProcessHead"]
        listed = [at - self.process["links"] for at in self.list(head)]
        assert self.pointer(self.labels["PsInitialSystemProcess"]) == listed[0]
        pooled = list(self.scan(b"Proc", "Process", self.process.get("bytes", 0xc00)))
        self.listed, self.processes = listed, list(dict.fromkeys(listed + pooled))
        for body in self.processes:
            self.add_process(body, self.sources((body in listed, "list"), (body in pooled, "pool")))

    @staticmethod
    def sources(*pairs):
        return "+".join(name for is_there, name in pairs if is_there) or "-"

    def add_process(self, body, sources):
        table = self.process
        assert self.memory.number(body, 1) == 3, "no process"
        assert self.type_of(self.header_of(body)) == "Process"
        session = self.pointer(body + self.session) if self.session is not None else 0
        exited = self.get(body, table, "exited", 8)
        assert "handles" not in table or bool(self.get(body, table, "handles")) == (not exited)
        name = self.memory.read(body + table["name"], 15).split(b"\0")[0].decode("latin-1")
        self.add("process", hex(body), self.get(body, table, "id"), self.get(body, table, "parent"),
                 hex(self.get(body, table, "root")), hex(self.get(body, table, "user_root")),
                 self.memory.number(session + 8, 4) if session else "-",
                 self.get(body, table, "created", 8), exited, hex(self.get(body, table, "peb")),
                 hex(self.get(body, table, "flags", 4)), sources, word(name))

    def read_threads(self):
        table = self.thread
        if "links" not in table:
            return
        kernel, process = [], []
        for body in self.processes:
            kernel += [at - table["klinks"] for at in self.list(body + self.process["kthreads"])]
            process += [at - table["links"] for at in self.list(body + self.process["threads"])]
        pooled = list(self.scan(b"Thre", "Thread", table.get("bytes", 0x900)))
        for body in dict.fromkeys(kernel + process + pooled):
            self.add_thread(body, self.sources((body in kernel, "kernel"),
                                               (body in process, "process"),
                                               (body in pooled, "pool")))

    def is_resident(self, body):
        if "resident" not in self.thread:
            return True
        at, build = body + self.thread["resident"], self.layout
        if build < 6000:
            return bool(self.memory.number(at, 1))
        bit = 0 if build < 10240 else 16 if build < 16299 else 17
        return bool(self.memory.number(at, 4) >> bit & 1)

    def add_thread(self, body, sources):
        table = self.thread
        pid, tid = (self.pointer(body + table["cid"] + i * self.width) for i in (0, 1))
        owner = self.get(body, table, "owner") or self.get(body, table, "apc_process")
        assert self.get(owner, self.process, "id") == pid and owner in self.processes
        assert self.memory.number(body, 1) == 6, "no thread"
        limit, base, initial, kernel = (self.get(body, table, f)
                                        for f in ("limit", "base", "initial", "kernel"))
        missing = sum(not self.memory.holds(page) for page in range(limit, base, PAGE))
        self.add("thread", hex(body), pid, tid, self.get(body, table, "state", 1),
                 self.get(body, table, "reason", 1), self.get(body, table, "priority", 1),
                 hex(self.get(body, table, "start")), hex(self.get(body, table, "win32_start")),
                 hex(self.get(body, table, "teb")), hex(limit), hex(base), hex(initial),
                 hex(kernel), "resident" if self.is_resident(body) else "swapped",
                 "terminated" if self.get(body, table, "cross", 4) & 1 else "-", missing, sources)
        self.add_frames(tid, kernel if limit <= kernel < base else limit, base)

    def add_frames(self, tid, start, end):
        for slot in range(start, end, self.width):
            try:
                value = self.pointer(slot)
                if any(a <= value < b for a, b in self.code) and \
                        call_length(self.memory.read(value - 7, 7)):
                    self.add("frame", tid, hex(slot), hex(value), self.place(value), "held")
            except Missing:
                continue

    # ---- drivers -----------------------------------------------------------------------------

    def entries(self, directory):
        """(name, object) of a directory; each object must know where it is."""
        for bucket in range(37):
            at = self.pointer(directory + bucket * self.width)
            while at:
                body = self.pointer(at + self.width)
                try:
                    inside, name = self.name_of(body)
                except (Missing, KeyError):
                    inside = None
                if inside == directory:
                    yield name, body
                at = self.pointer(at)

    def read_directories(self):
        root = self.pointer(self.labels["ObpRootDirectoryObject"])
        self.directories = dict(self.entries(root))
        assert sorted(self.directories) == ["Device", "Driver", "FileSystem", "ObjectTypes"]
        types = dict(self.entries(self.directories["ObjectTypes"]))
        for name, body in types.items():
            assert self.type_name(body) == name
            assert self.type_of(self.header_of(body)) == "Type"
        assert "Process" in types and "Driver" in types

    def read_drivers(self):
        size = 0x150 if self.wide else 0xa8
        named = {body: name for directory in ("Driver", "FileSystem")
                 for name, body in self.entries(self.directories[directory])}
        pooled = list(self.scan(b"Driv", "Driver", 0x190 if self.wide else 0xc8))
        for body in dict.fromkeys(list(named) + pooled):
            assert self.memory.number(body, 2) == 4 and self.memory.number(body + 2, 2) == size
            self.add_driver(body, self.sources((body in named, "directory"),
                                               (body in pooled, "pool")), named.get(body))

    def add_driver(self, body, sources, in_directory):
        width = self.width
        start, size = self.pointer(body + 3 * width), self.memory.number(body + 4 * width, 4)
        section, extension = self.pointer(body + 5 * width), self.pointer(body + 6 * width)
        _, directory, name = self.string(body + 7 * width).split("\\")
        fast_io = self.pointer(body + 10 * width)
        assert in_directory in (None, name)
        assert self.pointer(extension) == body
        assert self.string(extension + 3 * width) == name
        module = next((n for base, _, n in self.modules if base == start), "-")
        self.add("driver", hex(body), hex(start), hex(size), hex(section), hex(fast_io),
                 hex(self.memory.number(body + 2 * width, 4)), directory, sources, module,
                 word(name))
        for i, kind in enumerate(MAJORS):
            self.add_pointer(body, kind, self.pointer(body + (14 + i) * width), True)
        for i, kind in enumerate(("init", "start-io", "unload")):
            self.add_pointer(body, kind, self.pointer(body + (11 + i) * width))
        self.add_pointer(body, "add-device", self.pointer(extension + width))
        for i, kind in enumerate(FAST_IO if fast_io else []):
            if (i + 2) * width <= self.memory.number(fast_io, 4):
                self.add_pointer(body, kind, self.pointer(fast_io + (i + 1) * width))
        self.add_devices(body)
        at = self.pointer(extension + 5 * width)
        while at:
            identity = self.pointer(at + width)
            self.add("extension", hex(body), hex(at), hex(identity), self.place(identity))
            at = self.pointer(at)

    def add_pointer(self, driver, kind, value, is_always=False):
        if value or is_always:
            self.add("pointer", hex(driver), kind, hex(value), self.place(value))

    def add_devices(self, driver):
        next_at, type_at, flags_at = (0x10, 0x48, 0x30) if self.wide else (0x0c, 0x2c, 0x1c)
        at = self.pointer(driver + self.width)
        names = {body: name for name, body in self.entries(self.directories["Device"])}
        while at:
            assert self.memory.number(at, 2) == 3 and self.pointer(at + 8) == driver
            assert self.type_of(self.header_of(at)) == "Device"
            self.add("device", hex(driver), hex(at), hex(self.memory.number(at + type_at, 4)),
                     hex(self.memory.number(at + flags_at, 4)), word(names.get(at, "-")))
            at = self.pointer(at + next_at)

    def read(self):
        self.add("layout", self.layout)
        self.read_processes()
        self.read_threads()
        self.read_directories()
        self.read_drivers()
        return self.records


def said_by(truth):
    """The truth's records, of frames those that can be seen, without the length of their calls."""
    for record in truth:
        if record[0] == "frame":
            if record[6] == "held":
                yield " ".join(record[:5] + record[6:])
        elif record[0] in COMPARED:
            yield " ".join(record)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("image")
    parser.add_argument("truth")
    parser.add_argument("--layout", type=int)
    parser.add_argument("--never", type=lambda text: int(text, 16))
    parser.add_argument("--always", type=lambda text: int(text, 16))
    options = parser.parse_args()
    with open(options.truth, encoding="latin-1") as file:
        truth = [line.split() for line in file if not line.startswith("#")]
    memory = Memory(options.image, truth, next(r for r in truth if r[0] == "nt")[1])
    memory.map()
    found, said = Objects(memory, truth, options).read(), list(said_by(truth))
    for record in found:
        if record not in said:
            print("image", record)
    for record in said:
        if record not in found:
            print("truth", record)
    if len(found) != len(set(found)):
        sys.exit("a record twice")


if __name__ == "__main__":
    main()
