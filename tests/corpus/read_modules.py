#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An independent reader of what memscan-mkimage makes of Windows.

    read_modules.py IMAGE TRUTH [--never N --always N] [--carve FOLDER] [--file NAME=PATH]...

It knows from TRUTH where memory lies in IMAGE (`run`), the root of the page tables (`space`), and
where the system begins (`nt`). All else it finds by itself: it walks the tables, decodes the KDBG,
follows the list of modules both ways, looks for headers in every mapped page, and reads each module's
tables. It prints the records that only one of the two has, "image" or "truth" before them.

--carve writes modules as files that objdump and others read, --file compares a module with a file.
"""

import argparse
import os
import struct
import sys

PAGE = 4096
COMPARED = ("module", "pdb", "version", "section", "export", "import", "unloaded")


class Missing(Exception):
    """Bytes that the image does not hold."""


def number(data, at, width):
    return int.from_bytes(data[at:at + width], "little")


def word(text):
    return "".join(c if 0x20 < ord(c) < 0x7f and c != "%" else "%%%02X" % ord(c) for c in text)


# ---- memory ----------------------------------------------------------------------------------


class Memory:
    """A space of an image: its tables, read as processors do, and Windows' transition entries."""

    LEVELS = {"x64": (39, 30, 21, 12), "pae": (30, 21, 12), "x86": (22, 12)}

    def __init__(self, path, truth, space):
        with open(path, "rb") as file:
            self.data = file.read()
        self.runs = [(int(r[1], 16), int(r[2]), int(r[3], 16)) for r in truth if r[0] == "run"]
        record = next(r for r in truth if r[0] == "space" and r[1] == space)
        self.mode, self.root = record[2], int(record[3], 16)
        self.width = 8 if self.mode == "x64" else 4
        self.entry_bytes = 4 if self.mode == "x86" else 8
        self.kernel_start = 1 << 63 if self.width == 8 else 0x80000000

    def physical(self, address, length):
        for start, size, offset in self.runs:
            if start <= address and address + length <= start + size:
                at = offset + address - start
                if at + length <= len(self.data):
                    return self.data[at:at + length]
        raise Missing

    def pages(self):
        """Each mapped page of the kernel's half: its address, and where it is."""
        yield from self._walk(self.root, 0, 0)

    def _walk(self, table, level, prefix):
        shifts = self.LEVELS[self.mode]
        count = 4 if self.mode == "pae" and level == 0 else PAGE // self.entry_bytes
        for index in range(count):
            address = prefix | index << shifts[level]
            if self.width == 8 and address >> 47:
                address |= 0xffff << 48
            last = address | (1 << shifts[level]) - 1
            if last < self.kernel_start:
                continue
            try:
                entry = number(self.physical(table + index * self.entry_bytes, self.entry_bytes),
                               0, self.entry_bytes)
            except Missing:
                continue
            frame = entry & 0xffffffffff000
            if level == len(shifts) - 1:
                if entry & 1 or entry & 0xc00 == 0x800:
                    yield address, frame
            elif entry & 1 and entry & 0x80 and level:
                for step in range(0, 1 << shifts[level], PAGE):
                    yield address + step, frame + step
            elif entry & 1 and frame != table:  # not the self map
                yield from self._walk(frame, level + 1, address)

    def map(self):
        self.frames = dict(self.pages())

    def page(self, address):
        frame = self.frames.get(address & ~(PAGE - 1))
        if frame is None:
            raise Missing
        return self.physical(frame, PAGE)

    def holds(self, address):
        try:
            return bool(self.page(address))
        except Missing:
            return False

    def read(self, address, length):
        data = b""
        while len(data) < length:
            at = address + len(data)
            data += self.page(at)[at % PAGE:][:length - len(data)]
        return data

    def number(self, address, width=None):
        return number(self.read(address, width or self.width), 0, width or self.width)

    def text(self, address):
        data = b""
        while b"\0" not in data:
            data += self.read(address + len(data), 1)
        return data[:-1].decode("latin-1")


# ---- modules ---------------------------------------------------------------------------------


class Module:
    """A PE image in memory. Tables that are not there give no records."""

    def __init__(self, memory, base):
        self.memory, self.base = memory, base
        head = base + memory.number(base + 0x3c, 4)
        if memory.read(base, 2) != b"MZ" or memory.read(head, 4) != b"PE\0\0":
            raise Missing
        self.timestamp = memory.number(head + 8, 4)
        optional = head + 24
        wide = memory.number(optional, 2) == 0x20b
        self.width = 8 if wide else 4
        if memory.number(head + 4, 2) != (0x8664 if wide else 0x14c):
            raise ValueError("machine")
        if memory.number(optional + (0x18 if wide else 0x1c)) != base:
            raise ValueError("base")
        self.size = memory.number(optional + 0x38, 4)
        self.checksum = memory.number(optional + 0x40, 4)
        directories = optional + (0x70 if wide else 0x60)
        self.directories = [(memory.number(directories + i * 8, 4),
                             memory.number(directories + i * 8 + 4, 4)) for i in range(16)]
        at = optional + memory.number(head + 20, 2)
        self.sections = []
        for i in range(memory.number(head + 6, 2)):
            data = memory.read(at + i * 40, 40)
            name = data[:8].rstrip(b"\0").decode("latin-1")
            self.sections.append((name, number(data, 12, 4), number(data, 8, 4),
                                  number(data, 36, 4)))
        self.headers = at + len(self.sections) * 40 - base

    def value(self, rva, width=4):
        return self.memory.number(self.base + rva, width)

    def text(self, rva):
        return self.memory.text(self.base + rva)

    def exports(self):
        """(ordinal, name or None, rva, forwarder or None)"""
        start, size = self.directories[0]
        if not size:
            return
        base, n_functions, n_names = (self.value(start + at) for at in (0x10, 0x14, 0x18))
        functions, names, ordinals = (self.value(start + at) for at in (0x1c, 0x20, 0x24))
        by_index = {}
        last = ""
        for i in range(n_names):
            name = self.text(self.value(names + i * 4))
            assert last < name, "names are not sorted"
            last = name
            by_index.setdefault(self.value(ordinals + i * 2, 2), []).append(name)
        for i in range(n_functions):
            rva = self.value(functions + i * 4)
            forward = self.text(rva) if start <= rva < start + size else None
            if rva:
                for name in by_index.get(i, [None]):
                    yield base + i, name, rva, forward

    def tables(self):
        """(kind, DLL, RVA of names, RVA of slots) of each descriptor"""
        at = self.directories[1][0]
        while at and self.value(at + 12):
            yield "import", self.text(self.value(at + 12)), self.value(at), self.value(at + 16)
            at += 20
        at = self.directories[13][0]
        while at and self.value(at + 4):
            yield "delay", self.text(self.value(at + 4)), self.value(at + 16), self.value(at + 12)
            at += 32

    def imports(self):
        """(kind, DLL, name or #ordinal, slot, value or None)"""
        for kind, dll, names, slots in self.tables():
            for i in range(1 << 16):
                if not names or not self.value(names + i * self.width, self.width):
                    break
                thunk = self.value(names + i * self.width, self.width)
                asked = ("#%d" % (thunk & 0xffff) if thunk >> (self.width * 8 - 1)
                         else self.text(thunk + 2))
                slot = slots + i * self.width
                try:
                    value = self.value(slot, self.width)
                except Missing:
                    value = None
                yield kind, dll, asked, self.base + slot, value

    def pdb(self):
        at, size = self.directories[6]
        for entry in range(at, at + size, 28):
            record = self.value(entry + 20)
            if self.value(entry + 12) == 2 and self.value(record) == 0x53445352:
                guid = "%08X%04X%04X" % (self.value(record + 4), self.value(record + 8, 2),
                                         self.value(record + 10, 2))
                guid += self.memory.read(self.base + record + 12, 8).hex().upper()
                return self.text(record + 24), guid, self.value(record + 20)
        return None

    def version(self):
        root = self.directories[2][0]
        at = root
        if not root:
            return None
        for wanted in (16, None, None):
            count = self.value(at + 12, 2) + self.value(at + 14, 2)
            entries = [(self.value(at + 16 + i * 8), self.value(at + 20 + i * 8))
                       for i in range(count)]
            entries = [e for e in entries if wanted in (None, e[0])]
            if not entries:
                return None
            at = root + (entries[0][1] & 0x7fffffff)
        info = self.memory.read(self.base + self.value(at), self.value(at + 4))
        fixed = info.index(b"\xbd\x04\xef\xfe")
        high, low = number(info, fixed + 8, 4), number(info, fixed + 12, 4)
        return "%d.%d.%d.%d" % (high >> 16, high & 0xffff, low >> 16, low & 0xffff)

    def carve(self, path):
        """As a file that has its sections at the offsets that are their addresses."""
        data = bytearray()
        for at in range(0, self.size, PAGE):
            data += self.memory.page(self.base + at) if self.memory.holds(self.base + at) \
                else bytes(PAGE)
        head = number(data, 0x3c, 4)
        at = head + 24 + number(data, head + 20, 2)
        for i in range(number(data, head + 6, 2)):
            data[at + i * 40 + 20:at + i * 40 + 24] = data[at + i * 40 + 12:at + i * 40 + 16]
        with open(path, "wb") as file:
            file.write(data)


# ---- the system ------------------------------------------------------------------------------


def rotate_left(value, by):
    by &= 63
    return (value << by | value >> (64 - by)) & (1 << 64) - 1 if by else value


def decode(word, never, always, flag):
    word = rotate_left(word ^ never, never & 0xff) ^ (flag | 0xffff << 48)
    return int.from_bytes(word.to_bytes(8, "big"), "little") ^ always


class System:
    def __init__(self, memory, truth, options):
        record = next(r for r in truth if r[0] == "nt")
        self.memory, self.kernel = memory, int(record[2], 16)
        self.labels = {r[3]: int(r[2], 16) for r in truth if r[0] == "label" and r[1] == "nt"}
        self.list, self.lab = int(record[3], 16), ""
        if record[4] != "none":
            self.read_kdbg(int(record[5], 16), record[4] == "encoded", options)

    def read_kdbg(self, address, is_encoded, options):
        words = [number(self.memory.read(address + i, 8), 0, 8) for i in range(0, 0x400, 8)]
        if is_encoded:
            assert self.memory.number(self.labels["KiWaitNever"], 8) == options.never
            assert self.memory.number(self.labels["KiWaitAlways"], 8) == options.always
            assert self.memory.number(self.labels["KdpDataBlockEncoded"], 1) == 1
            assert words[2] & 0xffffffff != 0x4742444b, "a plain tag"
            words = [decode(w, options.never, options.always, self.labels["KdpDataBlockEncoded"])
                     for w in words]
        assert words[2] & 0xffffffff == 0x4742444b, "no tag"
        assert words[0x18 // 8] == self.kernel, "KernBase"
        assert words[0x48 // 8] == self.list, "PsLoadedModuleList"
        self.lab = self.memory.text(words[0x208 // 8])
        self.build = int(self.lab.split(".")[0])
        sizes = {2600: 0x290, 7601: 0x340, 19041: 0x380}
        assert words[2] >> 32 == sizes.get(self.build, words[2] >> 32), "size"
        assert words[0x30 // 8] >> 48 & 1 == (self.memory.mode == "pae"), "PaeEnabled"
        if self.memory.width == 8:
            assert words[1] >> 32 >= 0xfffff800, "no pattern before the tag"
        else:
            assert words[1] == 0, "no zeros before the tag"

    def string(self, address):
        length, most = self.memory.number(address, 2), self.memory.number(address + 2, 2)
        assert length <= most
        return self.memory.read(self.memory.number(address + self.memory.width), length)

    def entries(self):
        """(entry, base, size, checksum, timestamp or None, name, path), following both links."""
        forward, backward = self.links(0), self.links(self.memory.width)
        assert forward == backward[::-1], "the links disagree"
        return [self.entry(address) for address in forward]

    def links(self, offset):
        found, at = [], self.memory.number(self.list + offset)
        while at != self.list:
            assert at not in found, "a loop"
            found.append(at)
            at = self.memory.number(at + offset)
        return found

    def unlinked(self, found):
        """Entries in pool that the list does not have, by the tag of their blocks."""
        header = 16 if self.memory.width == 8 else 8
        size = (0xa0 if header == 16 else 0x5c) if self.build >= 10240 else \
            (0x90 if header == 16 else 0x50)
        for start in sorted(self.memory.frames):
            try:
                page = self.memory.page(start)
            except Missing:
                continue
            for at in range(0, PAGE - header, header):
                units = number(page, at + 2, 2) & (0xff if header == 16 else 0x1ff)
                base = number(page, at + header + (0x30 if header == 16 else 0x18),
                              self.memory.width)
                if page[at + 4:at + 8] == b"MmLd" and units == 1 + (size + header - 1) // header \
                        and base and base % PAGE == 0 and start + at + header not in found:
                    yield self.entry(start + at + header)

    def entry(self, at):
        memory, wide = self.memory, self.memory.width == 8
        self.check_block(at)
        texts = []
        for field in (0x58, 0x48) if wide else (0x2c, 0x24):
            try:
                text = self.string(at + field)
                plain = all(0x20 <= text[i] < 0x7f and text[i + 1:i + 2] == b"\0"
                            for i in range(0, len(text), 2))
                texts.append(text.decode("utf-16le") if plain else "-")
            except Missing:
                texts.append("-")
        stamp = at + (0x9c if wide else 0x58)
        return (at, memory.number(at + (0x30 if wide else 0x18)),
                memory.number(at + (0x40 if wide else 0x20), 4),
                memory.number(at + (0x78 if wide else 0x40), 4),
                memory.number(stamp, 4) if self.build >= 10240 else None, texts[0], texts[1])

    def check_block(self, address):
        """The block's page is a chain of blocks, of which this is one with the right tag."""
        start, previous, seen = address & ~(PAGE - 1), 0, False
        header = 16 if self.memory.width == 8 else 8
        at = start
        while at < start + PAGE:
            first, second = self.memory.number(at, 2), self.memory.number(at + 2, 2)
            mask, shift = (0xff, 8) if header == 16 else (0x1ff, 9)
            assert first & mask == previous, "a block's PreviousSize"
            previous, kind = second & mask, second >> shift
            assert previous and (at + previous * header) <= start + PAGE, "a block's size"
            if at + header == address:
                assert self.memory.read(at + 4, 4) == b"MmLd"
                assert kind == (1 if self.build < 6000 else 2), "a block's type"
                seen = True
            at += previous * header
        assert seen, "no block"

    def unloaded(self):
        """(name, start, end, time)"""
        wide = self.memory.width == 8
        array = self.memory.number(self.labels["MmUnloadedDrivers"])
        for i in range(self.memory.number(self.labels["MmLastUnloadedDriver"], 4)):
            at = array + i * (0x28 if wide else 0x18)
            rest = at + (0x10 if wide else 8)
            yield (self.string(at).decode("utf-16le"), self.memory.number(rest),
                   self.memory.number(rest + self.memory.width),
                   self.memory.number(rest + 2 * self.memory.width, 8))


# ---- records ---------------------------------------------------------------------------------


class Reader:
    def __init__(self, memory, system, truth):
        self.memory, self.system, self.records = memory, system, []
        self.names = {int(r[2], 16): r[1] for r in truth if r[0] == "module"}
        self.modules, self.files = {}, {}
        linked = system.entries()
        self.listed = {entry[1]: entry for entry in linked}
        self.linked = set(self.listed)
        for entry in system.unlinked([entry[0] for entry in linked]):
            self.listed[entry[1]] = entry
        for address in sorted(memory.frames):
            try:
                if memory.page(address)[:2] == b"MZ":
                    self.modules[address] = Module(memory, address)
            except Missing:
                continue
        self.exports = {base: self.try_list(module.exports)
                        for base, module in self.modules.items()}
        for base, entry in self.listed.items():
            self.files[entry[5].lower()] = self.name(base)

    @staticmethod
    def try_list(generator):
        found = []
        try:
            for item in generator():
                found.append(item)
        except Missing:
            pass
        return found

    def add(self, *fields):
        self.records.append(" ".join(word(str(field)) for field in fields))

    def name(self, base):
        if base == self.system.kernel:
            return "nt"
        entry = self.listed.get(base)
        if entry and entry[5] != "-":
            return os.path.splitext(entry[5])[0]
        return self.names.get(base, "?")

    def resolve(self, value, asked):
        for base, module in self.modules.items():
            if not base <= value < base + module.size:
                continue
            here = sorted((e for e in self.exports[base] if base + e[2] == value and not e[3]),
                          key=lambda e: (e[1] is None, e[1] or "", e[0]))
            here = [e for e in here if e[1] == asked] or here
            if not here:
                return "%s+0x%x" % (self.name(base), value - base)
            return "%s!%s" % (self.name(base), here[0][1] or "#%d" % here[0][0])
        return "-"

    def read_imports(self, base, module):
        for kind, dll, asked, slot, value in self.try_list(module.imports):
            owner = self.files.get(dll.lower(), os.path.splitext(dll)[0])
            resolved = "?" if value is None else self.resolve(value, asked)
            if kind == "delay" and resolved.startswith(self.name(base) + "+"):
                kind = "delay-unbound"
            elif value is not None and value < self.memory.kernel_start:
                kind += "-unbound"
            self.add("import", self.name(base), hex(slot), "?" if value is None else hex(value),
                     owner + "!" + asked, resolved, kind, "missing" if value is None else "held", "named")

    def read_module(self, base):
        module, entry = self.modules.get(base), self.listed.get(base)
        size = module.size if module else entry[2]
        pages = (size + PAGE - 1) // PAGE
        present = sum(self.memory.holds(base + i * PAGE) for i in range(pages))
        stamp, checksum = "-", entry[3] if entry else 0
        if module:
            stamp, checksum = hex(module.timestamp), module.checksum
        elif entry[4] is not None:
            stamp = hex(entry[4])
        if module and entry:
            assert entry[2:4] == (module.size, module.checksum), "the entry differs"
            assert entry[4] in (None, module.timestamp), "the entry's timestamp differs"
        file, path = entry[5:] if entry else ("-", "-")
        self.add("module", self.name(base), hex(base), hex(base + size), stamp, hex(checksum),
                 "list" if base in self.linked else "scan" if module else "pool", pages, present, file, path)
        if module:
            self.read_tables(base, module)

    def read_tables(self, base, module):
        name = self.name(base)
        for section in module.sections:
            self.add("section", name, section[0], hex(section[1]), section[2], hex(section[3]))
        for ordinal, symbol, rva, forward in self.exports[base]:
            self.add("export", name, ordinal, "-" if forward else hex(base + rva), symbol or "-",
                     forward or "-")
        self.read_imports(base, module)
        for what, get in (("pdb", module.pdb), ("version", module.version)):
            try:
                found = get()
            except Missing:
                continue
            if found:
                self.add(what, name, *(found if isinstance(found, tuple) else (found,)))

    def read(self):
        for base in sorted(set(self.modules) | set(self.listed)):
            self.read_module(base)
        for name, start, end, time in self.system.unloaded():
            self.add("unloaded", hex(start), hex(end), time, name)
        return self.records


# ---- files -----------------------------------------------------------------------------------


def compare_file(memory, reader, name, path):
    """The bytes of a section are the file's, but for slots and what relocations say."""
    with open(path, "rb") as file:
        data = file.read()
    base = next(b for b, n in reader.names.items() if n == name)
    head = number(data, 0x3c, 4)
    optional = head + 24
    wide = memory.width == 8
    delta = base - number(data, optional + (0x18 if wide else 0x1c), memory.width)
    sections = optional + number(data, head + 20, 2)
    size = number(data, optional + 0x38, 4)
    image = bytearray(size)
    for i in range(number(data, head + 6, 2)):
        at = sections + i * 40
        rva, raw = number(data, at + 12, 4), number(data, at + 20, 4)
        length = min(number(data, at + 8, 4), number(data, at + 16, 4))
        image[rva:rva + length] = data[raw:raw + length]
    rva, end = struct.unpack_from("<II", data, optional + (0x70 if wide else 0x60) + 40)
    end += rva
    n_relocations = 0
    while rva < end:
        page, length = struct.unpack_from("<II", image, rva)
        for (entry,) in struct.iter_unpack("<H", image[rva + 8:rva + length]):
            if entry >> 12:
                width = {3: 4, 10: 8}[entry >> 12]
                at = page + (entry & 0xfff)
                value = number(image, at, width) + delta & (1 << 8 * width) - 1
                image[at:at + width] = value.to_bytes(width, "little")
                n_relocations += 1
        rva += length
    for record in reader.records:
        fields = record.split(" ")
        if fields[0] == "import" and fields[1] == name:
            at = int(fields[2], 16) - base
            image[at:at + memory.width] = memory.read(base + at, memory.width)
    first = min(number(data, sections + i * 40 + 12, 4) for i in range(number(data, head + 6, 2)))
    if memory.read(base + first, size - first) != bytes(image[first:]):
        print("image", name, "is not its file")
    if not n_relocations:
        print("truth", name, "has no relocations")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("image")
    parser.add_argument("truth")
    parser.add_argument("--never", type=lambda text: int(text, 16))
    parser.add_argument("--always", type=lambda text: int(text, 16))
    parser.add_argument("--carve")
    parser.add_argument("--file", action="append", default=[])
    options = parser.parse_args()
    with open(options.truth, encoding="latin-1") as file:
        truth = [line.split() for line in file if not line.startswith("#")]
    memory = Memory(options.image, truth, next(r for r in truth if r[0] == "nt")[1])
    memory.map()
    reader = Reader(memory, System(memory, truth, options), truth)
    found = reader.read()
    said = [" ".join(r) for r in truth if r[0] in COMPARED]
    for record in found:
        if record not in said:
            print("image", record)
    for record in said:
        if record not in found:
            print("truth", record)
    for base, module in reader.modules.items():
        if options.carve:
            module.carve(os.path.join(options.carve, reader.name(base)))
    for item in options.file:
        compare_file(memory, reader, *item.split("=", 1))
    if len(found) != len(set(found)):
        sys.exit("a record twice")


if __name__ == "__main__":
    main()
