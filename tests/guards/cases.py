# SPDX-License-Identifier: MIT
"""What the guards search for, and in what.

To add a case: a line here, then `guards.py --rewrite`.
"""

import dataclasses
import shlex


@dataclasses.dataclass(frozen=True)
class Image:
    spec: str
    container: str = "raw-concat"
    # Written out byte for byte: how much of a sparse file is a hole depends on the file system.
    filled: bool = True


# Specs without a folder are in this one, the others in the tree's corpus/specs/.
IMAGES = {
    "memory": Image("memory.spec"),
    "flood": Image("flood.spec"),
    "sparse": Image("sparse.spec", filled=False),
    "elf": Image("corpus/small.spec", "elf64"),
    "bitmap": Image("corpus/small.spec", "crash64-bitmap"),
    "spaces": Image("spaces.spec"),
}

# Of spaces.spec.
TABLES = "--dtb 10000 --arch x64"
KERNEL = f"{TABLES} --space kernel"
PROCESSES = f"{TABLES} --space " + ",".join(f"root:{0x10000 + 4096 * i:x}" for i in range(1, 9))


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    options: str  # of memscan
    image: str = "memory"
    # What instructions are counted for: "byte", "hit", or "" for none.
    per: str = "byte"
    # Of each kernel, where the kernels do the work.
    kernels: bool = False
    # Hyperscan does the work, or is part of it.
    hyperscan: bool = False

    def arguments(self):
        return shlex.split(self.options)


CASES = [
    # The words engine: a case for each test of the kernels.
    Case("dword", "-c -d 78090043", kernels=True),
    Case("qword", "-c -q 0200000078090043", kernels=True),
    Case("byte", "-c -b 78", kernels=True),
    Case("dwords-3", "-c -f dwords-3", kernels=True),
    Case("dwords-8", "-c -f dwords-8", kernels=True),
    Case("dwords-10", "-c -f dwords-10", kernels=True),
    Case("dwords-16", "-c -f dwords-16", kernels=True),
    Case("dwords-100", "-c -f dwords-100", kernels=True),
    Case("dwords-1000", "-c -f dwords-1000", kernels=True),
    Case("dwords-10000", "-c -f dwords-10000", kernels=True),
    Case("words-100", "-c -f words-100", kernels=True),
    Case("masked", "-c -d 7809????", kernels=True),
    Case("range", "-c -q fffff80000000000..fffff80000ffffff", kernels=True),
    Case("sequence", "-c -d '78090043 02000000'", kernels=True),
    Case("dword-flood", "-c -d 00000000", "flood", kernels=True),
    Case("dwords-flood", "-c -d 00000000 -d 00000001 -d ffffffff", "flood", kernels=True),
    # The runs engine.
    Case("runs", "-c -x 0000000000", kernels=True),
    Case("runs-flood", "-c -x 0000000000 -a QQQQQ -a QRQRQR", "flood", kernels=True),
    # The scalar engine.
    Case("scalar", "-c --engine scalar -d 78090043"),
    # The texts engine.
    Case("unaligned", "-c --engine texts --align 1 -d 78090043", kernels=True),
    Case("texts", "-c --engine texts -u pagefile -i -a password", kernels=True),
    Case("texts-4", "-c --engine texts -a Reff -a Token -u pagefile -a password", kernels=True),
    Case("texts-flood", "-c --engine texts -a QR -x 51515152", "flood", kernels=True),
    # Hyperscan's engine.
    Case("literal", "-c --engine hyperscan --align 1 -d 78090043", hyperscan=True),
    Case("literals", "-c --engine hyperscan -u pagefile -i -a password", hyperscan=True),
    Case("tags-100", "-c -f tags-100", hyperscan=True),
    Case("tags-1000", "-c -f tags-1000", hyperscan=True),
    Case("tags-at-16-100", "-c --align 16 -f tags-100", kernels=True),
    Case("tags-at-16-1000", "-c --align 16 -f tags-1000", kernels=True),
    Case("tags-flood", "-c -f tags-100 --align 1 -d 51515151", "flood", hyperscan=True),
    Case("regex", "-c -e 'https?://[^\\x00-\\x20]{4,}'", hyperscan=True),
    Case("ends-in-zeros", "-c -f ends-10", hyperscan=True),
    Case("ends-in-zeros-flood", "-c -f ends-10", "flood", hyperscan=True),
    Case("regex-letters", "-c -e '[a-z]+'", hyperscan=True),
    Case("regex-flood", "-c -e 'R?Q{3,20}'", "flood", hyperscan=True),
    # Where the bytes come from, and in what pieces.
    Case("read", "-c --no-mmap -d 78090043"),
    Case("chunks-64K", "-c --chunk 64K -d 78090043"),
    Case("chunks-4K", "-c --chunk 4K -d 78090043"),
    Case("chunks-regex", "-c --chunk 64K -e 'https?://[^\\x00-\\x20]{4,}'", per="", hyperscan=True),
    # A match across every border, cut at each place in turn.
    Case("seams", "-c --chunk 64K --engine words -x 4300097800000002", per=""),
    Case("seams-unaligned", "-c --chunk 64K --engine texts -x 4300097800000002", per=""),
    Case("seams-literals", "-c --chunk 64K --engine hyperscan -x 4300097800000002", per="",
         hyperscan=True),
    Case("seams-regex", "-c --chunk 64K -e 'C\\x00\\tx\\x00+\\x02'", per="", hyperscan=True),
    Case("ranges", "-c -d 78090043 --range 0+280001 --range 200001+180001 --range 3c0000+1000"),
    Case("elf", "-c -d 78090043 -d '78090043 02000000'", "elf", per=""),
    Case("elf-chunks", "-c --chunk 16K -d 78090043", "elf", per=""),
    Case("elf-read", "-c --no-mmap -d 78090043", "elf", per=""),
    Case("bitmap", "-c -d 78090043", "bitmap", per=""),
    Case("sparse", "-c -d 78090043", "sparse", per=""),
    Case("sparse-read", "-c --no-mmap -d 78090043", "sparse", per=""),
    # Spaces: a seam for each page, marked pages in the second pass, pages that many spaces have.
    Case("space-dword", f"-c {KERNEL} -d 78090043", "spaces"),
    Case("space-seams", f"-c {KERNEL} --engine texts --align 1 -d 78090043", "spaces"),
    Case("space-scalar", f"-c {KERNEL} --align 1 --engine scalar -d 78090043", "spaces"),
    Case("space-texts", f"-c {KERNEL} -f tags-100", "spaces", hyperscan=True),
    Case("space-regex", f"-c {KERNEL} -e 'https?://[!-~]{{4,40}}'", "spaces", hyperscan=True),
    Case("space-runs", f"-c {KERNEL} -x 0000000000", "spaces"),
    Case("space-read", f"-c {KERNEL} --no-mmap -d 78090043", "spaces", per=""),
    Case("space-chunks", f"-c {KERNEL} --chunk 16K -d 78090043", "spaces", per=""),
    Case("space-rest", f"-c {TABLES} --space kernel,unmapped -d 78090043", "spaces", per=""),
    Case("space-range", f"-c {KERNEL} --range fffff80000000800+1000 -b 78", "spaces", per=""),
    Case("processes", f"-c {PROCESSES} -d 78090043", "spaces"),
    Case("processes-seams", f"-c {PROCESSES} --engine texts --align 1 -d 78090043", "spaces"),
    Case("processes-once", f"{PROCESSES} --once -d 78090043", "spaces", per=""),
    # Hits, from the engine to the line that is printed.
    Case("text", "-q fffff80000000000..fffff80000ffffff", per="hit"),
    Case("text-folded", "-d 00000000", per="hit"),
    Case("kd", "--format kd -q fffff80000000000..fffff80000ffffff", per="hit"),
    Case("jsonl", "--format jsonl -q fffff80000000000..fffff80000ffffff", per="hit"),
    Case("csv", "--format csv -q fffff80000000000..fffff80000ffffff", per="hit"),
    Case("space-text", f"{KERNEL} -q fffff80000000000..fffff80000ffffff", "spaces", per="hit"),
]


def _values(number, bits):
    return [i * 2654435761 & (1 << bits) - 1 for i in range(1, number + 1)]


def _tag(value):
    """As pool tags look: a capital and three letters."""
    letters = [chr(ord("a") + (value >> shift) % 26) for shift in (0, 5, 10, 15)]
    return "".join(letters).capitalize()


def pattern_files():
    """The pattern files that the cases name, and their lines. Of each, something is there."""
    files = {"words-100": [f"w {value:04x}" for value in _values(100, 16)]}
    for number in (3, 8, 10, 16, 100, 1000, 10000):
        values = [0x78090043] + _values(number - 1, 32)
        files[f"dwords-{number}"] = [f"d {value:08x}" for value in values]
    ends = ["43000978", "00000001"] + [f"{value:08x}" for value in _values(8, 32)]
    files["ends-10"] = [f"x {value}{'00' * 16}" for value in ends]
    for number in (100, 1000):
        tags = ["Reff"] + [_tag(value) for value in _values(number - 1, 20)]
        files[f"tags-{number}"] = [f"a {tag}" for tag in tags]
    return files
