#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of memscan-mkimage's page tables:  test_spaces.sh MKIMAGE SPECS_FOLDER CASE
#
# Goldens are built here byte by byte, from the processors' and Windows' descriptions of entries and
# not from the program's output.

# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"

# golden [OPTIONS]: makes `image` from standard input, and compares it with `golden`.
expect_golden() {
    make image
    expect_same golden image
}

# ---- one golden a mode, with each kind of entry ------------------------------------------

case_x64() {
    truncate -s 1M golden
    poke golden 0x8f80 "6700010000000000" # entry 1f0 of the root: tables below it have a user page
    poke golden 0x8f68 "6380000000000000" # entry 1ed: the root
    poke golden 0x10000 "6710010000000000"
    poke golden 0x10008 "e300004000000080" # 1 GiB at 40000000, no-execute
    poke golden 0x11000 "6720010000000000"
    poke golden 0x11008 "e300200000000000" # 2 MiB at 200000
    poke golden 0x12000 "6300040000000000 6310040000000000"
    poke golden 0x12010 "6120040000000080" # read-only, no-execute
    poke golden 0x12018 "6730040000000000" # user
    poke golden 0x12020 "8048040000000000" # transition, protection 4 (read, write)
    poke golden 0x12028 "8020000034120000" # page file 2 in bits 12 to 15
    poke golden 0x12030 "8000000000000000" # demand-zero
    poke golden 0x12038 "00040001000000f8 00040801000000f8 00041001000000f8" # prototypes
    poke golden 0x12050 "0100000000000080"
    poke golden 0x40100 "6170040000000080 6180040000000080 8098040000000000" # what they are
    expect_golden <<'SPEC'
run 0 1M
tables 0x10000 64K
space k x64 root 0x8000
map k 0xfffff80000000000 8K to 0x40000
map k 0xfffff80000002000 4K to 0x42000 ro nx
map k 0xfffff80000003000 4K to 0x43000 user
map k 0xfffff80000004000 4K transition 0x44000 nx
map k 0xfffff80000005000 4K pagefile 2 0x1234 nx
map k 0xfffff80000006000 4K demand-zero nx
map k 0xfffff80000007000 8K prototype 0xfffff80000000100 to 0x47000 ro nx
map k 0xfffff80000009000 4K prototype 0xfffff80000000110 transition 0x49000 nx
map k 0xfffff8000000a000 4K entry 0x8000000000000001
map k 0xfffff80000200000 2M to 0x200000 pages 2M
map k 0xfffff80040000000 1G to 0x40000000 nx pages 1G
self-map k
SPEC
    expect_line image.truth "space k x64 0x8000"
    expect_line image.truth "mapping k 0xfffff80000000000 8192 present 0x40000 wx-"
    expect_line image.truth "mapping k 0xfffff80000002000 4096 present 0x42000 ---"
    expect_line image.truth "mapping k 0xfffff80000003000 4096 present 0x43000 wxu"
    expect_line image.truth "mapping k 0xfffff80000004000 4096 transition 0x44000 w--"
    expect_line image.truth "mapping k 0xfffff80000005000 4096 pagefile - w--"
    expect_line image.truth "mapping k 0xfffff80000006000 4096 demand-zero - w--"
    expect_line image.truth "mapping k 0xfffff80000007000 8192 prototype-present 0x47000 ---"
    expect_line image.truth "mapping k 0xfffff80000009000 4096 prototype-transition 0x49000 w--"
    expect_line image.truth "mapping k 0xfffff8000000a000 4096 entry - wx-"
    expect_line image.truth "mapping k 0xfffff80040000000 1073741824 present 0x40000000 w--"
}

case_x64_5() {
    truncate -s 1M golden
    poke golden 0x8888 "6300010000000000" # entry 111
    poke golden 0x10000 "6310010000000000"
    poke golden 0x11000 "6320010000000000"
    poke golden 0x12000 "6330010000000000"
    poke golden 0x13000 "6300040000000080"
    expect_golden <<'SPEC'
run 0 1M
tables 0x10000 64K
space k x64-5 root 0x8000
map k 0xff11000000000000 4K to 0x40000 nx
SPEC
}

case_pae() {
    truncate -s 1M golden
    poke golden 0x8030 "0100010000000000" # entry 2 of a root that begins at 8020
    poke golden 0x10000 "6310010000000000"
    poke golden 0x10008 "e300200000000080" # 2 MiB at 200000, no-execute
    poke golden 0x11000 "6300040000000000"
    poke golden 0x11008 "c018040000000000" # transition, protection 6 (all)
    poke golden 0x11010 "6028040000000000" # transition, protection 3 (read, execute)
    poke golden 0x11018 "c200000007000000" # page file 1 in bits 1 to 4
    poke golden 0x11020 "0004000008000080" # prototype at 80000008
    poke golden 0x11028 "6300000001000080" # a page at 4 GiB
    expect_golden <<'SPEC'
fact build 7601
run 0 1M
tables 0x10000 64K
space k pae root 0x8020
map k 0x80000000 4K to 0x40000
map k 0x80001000 4K transition 0x41000
map k 0x80002000 4K transition 0x42000 ro
map k 0x80003000 4K pagefile 1 7
map k 0x80004000 4K prototype 0x80000008
map k 0x80005000 4K to 4G nx
map k 0x80200000 2M to 0x200000 pages 2M nx
SPEC
}

case_pae_self() {
    truncate -s 1M golden
    poke golden 0x8000 "0100010000000000 0110010000000000 0120010000000000 0130010000000000"
    poke golden 0x13000 "6300010000000000 6310010000000000 6320010000000000 6330010000000000"
    expect_golden <<'SPEC'
run 0 1M
tables 0x10000 64K
space k pae root 0x8000
self-map k
SPEC
}

case_x86() {
    truncate -s 1M golden
    poke golden 0x8800 "67000100" # entry 200
    poke golden 0x8804 "e3004000" # 4 MiB at 400000
    poke golden 0x8808 "e3400200" # 4 MiB at 1200000000: 12 in bits 13 to 20
    poke golden 0x8c00 "63800000" # entry 300: the root
    poke golden 0x10000 "63000400"
    poke golden 0x10004 "65100400" # read-only, user
    poke golden 0x10008 "c0280400" # transition
    poke golden 0x1000c "c6402301" # page file 3, offset 1234
    poke golden 0x10010 "c0000000" # demand-zero
    poke golden 0x10014 "081c0000" # prototype at 80000c10
    expect_golden <<'SPEC'
run 0 1M
tables 0x10000 64K
space k x86 root 0x8000
map k 0x80000000 4K to 0x40000
map k 0x80001000 4K to 0x41000 ro user
map k 0x80002000 4K transition 0x42000
map k 0x80003000 4K pagefile 3 0x1234
map k 0x80004000 4K demand-zero
map k 0x80005000 4K prototype 0x80000c10
map k 0x80400000 4M to 4M pages 4M
map k 0x80800000 4M to 0x1200000000 pages 4M
self-map k
SPEC
}

# ---- statements --------------------------------------------------------------------------

# A table under several entries: copied entries, of the highest level that fits.
case_share() {
    make image <<'SPEC'
run 0 1M
tables 0x10000 256K
space k x64
space p x64 times 2
map k 0xffff800000000000 4K to 0x40000
map k 0xffff800040000000 4K to 0x41000
share p 0xffff800000000000 128T with k 0xffff800000000000
share k 0xffff800000200000 2M with k 0xffff800000000000
share k 0xffff800000400000 8K with k 0xffff800000000000
share p2 0 1G with k 0xffff800040000000 user
SPEC
    expect_line image.truth "space p2 x64 0x12000"
    expect_line image.truth "share p1 0xffff800000000000 140737488355328 k 0xffff800000000000"
    expect_hex image 0x10800 "6330010000000000" # the kernel's root: tables from 13000 on
    expect_hex image 0x11800 "6330010000000000 0000000000000000"
    expect_hex image 0x12800 "6330010000000000 0000000000000000"
    expect_hex image 0x14000 "6350010000000000 6350010000000000 6380010000000000" # directory
    expect_hex image 0x18000 "6300040000000000 0000000000000000"
    expect_hex image 0x12000 "6790010000000000" # p2's lower half
    expect_hex image 0x19000 "6360010000000000"
}

# Missing tables: those of a hole are referred to and not there.
case_missing() {
    make image --format lime <<'SPEC'
run 0 64K
tables 0x8000 8K
space k x64
map k 0 512G nothing pages 512G
tables 1M 64K
map k 0x8000000000 4K to 0x1000
SPEC
    expect_hex image 0x20+0x8008 "6300100000000000"
    expect_size image 64*1024+32
}

# Later entries lie over earlier ones.
case_over() {
    make image <<'SPEC'
run 0 1M
tables 0x10000 64K
space k x64 root 0x8000
map k 0 2M to 0x200000 pages 2M
map k 0 2M nothing pages 2M
map k 0 8K to 0x40000
map k 0x1000 4K entry 0x123
map k 0x1000 4K to 0x50000 ro
SPEC
    expect_hex image 0x12000 "6300040000000000 6100050000000000"
}

# Scattered pages: each once, in the image, and no two neighbours in a row.
case_scatter() {
    cat >spec <<'SPEC'
run 0 1M
run 2M 1M
tables 0 64K
space k x64
map k 0x10000000 512K scatter 64K 4M
map k 0x20000000 512K scatter 64K 4M nx
map k 0x40000000 2M scatter 0 4M pages 2M
SPEC
    sed -i 's/run 2M 1M/run 2M 2M/' spec
    "$mkimage" --truth image.truth spec image || fail "exit status $?"
    "$mkimage" --truth again.truth spec again || fail "exit status $?"
    expect_same image again
    expect_line image.truth "mapping k 0x40000000 2097152 present 0x200000 wx-"
    awk '$1 == "mapping" && $4 == 4096 { print $6 }' image.truth >pages
    [ "$(wc -l <pages)" -eq 256 ] || fail "$(wc -l <pages) pages"
    [ "$(sort -u pages | wc -l)" -eq 256 ] || fail "a page twice"
    [ "$(while read -r page; do echo $((page)); done <pages |
        awk '$1 < 65536 || ($1 >= 1048576 && $1 < 2097152) || $1 >= 4194304' | wc -l)" -eq 0 ] ||
        fail "a page outside of the range or in a hole"
    "$mkimage" --seed 2 --truth other.truth spec other || fail "exit status $?"
    cmp -s image.truth other.truth && fail "the seed changes nothing"
    return 0
}

# ---- plants ------------------------------------------------------------------------------

case_plants() {
    make image <<'SPEC'
run 0 1M
tables 0x10000 64K
space k x64
map k 0x1000 4K to 0x40000
map k 0x2000 4K to 0x30000
map k 0x3000 4K to 0x31000
map k 0x4000 4K transition 0x50000
map k 0x5000 4K prototype 0x1100 to 0x60000
map k 0x6000 4K to 0x62000
map k 0x7000 4K to 0x61000
plant k:0x1ffe dword 78090043 seam
plant k:0x2ffe dword 11223344 neighbours
plant k:0x3fff hex aabb transition
plant k:0x5004 word 5566 prototype
plant-crossing word ccdd every 4K in k:0x6000 8K crossing
SPEC
    expect_hex image 0x40ffe "4300"
    expect_hex image 0x30000 "0978"
    expect_hex image 0x30ffe "44332211"
    expect_hex image 0x31fff "aa"
    expect_hex image 0x50000 "bb"
    expect_hex image 0x60004 "6655"
    expect_hex image 0x62fff "dd"
    expect_hex image 0x61000 "cc"
    expect_line image.truth "vplant k 0x6fff 2 ddcc crossing"
    expect_line image.truth "vplant k 0x1ffe 4 43000978 seam"
    expect_line image.truth "vplant k 0x2ffe 4 44332211 neighbours"
    expect_line image.truth "plant 0x30ffe 0x30ffe 4 44332211 neighbours"
    expect_line image.truth "vplant k 0x3fff 2 aabb transition"
    expect_line image.truth "plant 0x60004 0x60004 2 6655 prototype"
    [ "$(grep -c '^plant ' image.truth)" -eq 2 ] || fail "parts are plants"
}

# Random plants keep clear of tables and prototypes.
case_plants_random() {
    make image <<'SPEC'
run 0 64K
tables 0x8000 16K
space k x64
map k 0x1000 4K to 0x4000
map k 0x2000 4K prototype 0x1800 to 0x5000
plant-random 4000 byte 43 in 0 64K
SPEC
    make bare <<'SPEC'
run 0 64K
tables 0x8000 16K
space k x64
map k 0x1000 4K to 0x4000
map k 0x2000 4K prototype 0x1800 to 0x5000
SPEC
    [ "$(grep -c '^plant ' image.truth)" -eq 4000 ] || fail "plants are missing"
    cmp -s -n $((16 * 1024)) -i $((0x8000)) image bare || fail "a plant in a table"
    [ "$(hex image 0x4800 8)" = "$(hex bare 0x4800 8)" ] || fail "a plant in a prototype"
}

# ---- specs, containers -------------------------------------------------------------------

case_specs() {
    local spec
    "$mkimage" --truth space.truth "$specs/space.spec" space.raw || fail "space.spec"
    expect_hex space.raw 0x10a0 "00d01a0000000000"
    expect_hex space.raw 0x1addb8 "63d01a0000000000"
    "$mkimage" --set FILES="$(dirname "$mkimage")" --set SIZE=64M --truth scattered.truth \
        "$specs/scattered.spec" scattered.raw || fail "scattered.spec"
    "$mkimage" --set FILES="$(dirname "$mkimage")" --set SIZE=128M --set PROCESSES=20 \
        --truth spaces200.truth "$specs/spaces200.spec" spaces200.raw || fail "spaces200.spec"
    [ "$(awk '$1 == "space"' spaces200.truth | wc -l)" -eq 22 ] || fail "not 20 processes"
    [ "$(awk '$1 == "mapping" && $4 != 4096' scattered.truth | wc -l)" -eq 0 ] ||
        fail "neighbours are neighbours"
}

# Tables and pieces of plants are in each container what they are in a raw image.
case_containers() {
    local format start length offset held
    "$mkimage" "$specs/space.spec" whole || fail "raw"
    for format in raw-concat elf64 crash64-full crash64-bitmap crash64-kernel lime; do
        "$mkimage" --format $format --truth truth "$specs/space.spec" image || fail "$format"
        while read -r _ start length offset held; do
            [ "$length" = "$held" ] || fail "$format: $start is cut"
            cmp -n "$length" -i $((offset)):$((start)) image whole || fail "$format: $start"
        done < <(grep '^run ' truth)
    done
}

# ---- errors ------------------------------------------------------------------------------

case_errors() {
    local start="run 0 1M;tables 64K 64K;space k x64;space e x86;space p x64 times 2"
    expect_errors "$start" "" <<'ERRORS'
2:1|'tables START LENGTH' on an earlier|!run 0 4K;space k x64
2:8|a range of whole pages|!run 0 4K;tables 1 4K
4:1|more room for page tables than line 2 gives|!run 0 4K;tables 0 4K;space k x64;map k 0 4K to 0
6:7|a name that no other|space k x64
6:7|a name that no other|space p x64
6:7|a name without|space a:b x64
6:9|x86, pae, x64 or x64-5|space q arm
6:18|a multiple of 4096|space q x64 root 0x20
6:18|a multiple of 4096 in|space q x86 root 4G
6:19|a count of 1|space q x64 times 0
6:13|the end|space q x64 roof 1
6:5|a space that an earlier|map q 0 4K to 0
6:7|an address that x64 has|map k 0x800000000000 4K to 0
6:7|an address that x86 has|map e 4G 4K to 0
6:9|a length that is not zero|map k 0 0 to 0
6:18|a length that is not zero and ends|map e 0xfffff000 8K to 0
6:26|a length that is not zero and ends|map k 0xfffffffffffff000 8K to 0
6:12|to PAGE, scatter|map k 0 4K at 0
6:11|to PAGE, scatter|map k 0 4K
6:15|a physical address|map k 0 4K to x
6:17|the end of the line|map k 0 4K to 0 rw
6:17|no 'nx', which x86|map e 0 4K to 0 nx
6:23|what an entry of x64 decides|map k 0 4M to 0 pages 4M
6:1|addresses and a length that are|map k 0 4K to 0x100
6:1|addresses and a length that are|map k 0 4K to 0 pages 2M
6:1|pages below 2^32|map e 0 4K to 4G
6:1|such pages of 4K|map k 0 2M transition 0 pages 2M
6:1|such pages of 4K|map k 0 512G to 0 pages 512G
6:1|such pages of 4K|map k 0 2M prototype 0 to 0 pages 2M
6:1|an entry of 4 bytes|map e 0 4K entry 0x100000000
6:1|a prototype's address that is a|map k 0 4K prototype 4
6:21|a page file's number|map k 0 4K pagefile 16 0
6:23|an offset in pages|map k 0 4K pagefile 0 0x100000000
6:1|a prototype's address that an earlier|map k 0 4K prototype 0x1000 to 0
6:1|no more pages than the 1 that|map k 0 8K scatter 0 4K
7:1|addresses that no larger page maps|map k 0 2M to 0 pages 2M;map k 0 4K to 0
7:1|addresses whose tables are made here|map k 0 512G entry 0x7f001 pages 512G;map k 0 4K to 0
6:19|one space of the same|share k 0 4K with e 0
6:19|one space of the same|share k 0 4K with p 0
6:14|'with'|share k 0 4K k 0
6:21|a range that ends|share k 0 8K with k 0xfffffffffffff000
6:21|whole pages|share k 0 4K with k 0x10
6:12|an index below 512|self-map k 512
6:7|the name of one space|plant p:0 byte 1
6:7|the name of one space|plant q:0 byte 1
6:9|a virtual address|plant k: byte 1
6:1|a plant that lies in mapped pages; 0x1000 is in none|plant k:0x1000 byte 1
7:1|a plant of 1 bytes at 0x100000 that touches no|map k 0 4K to 1M;plant k:0 byte 1
6:1|a plant that touches no page tables|plant 64K byte 1
ERRORS
}

# ------------------------------------------------------------------------------------------

run_case "$3"
