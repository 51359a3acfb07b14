#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of what memscan-mkimage makes of kernel pool:  test_pool.sh MKIMAGE SPECS_FOLDER CASE
#
# read_pool.py reads images by itself, and prints what its records and the truth do not share; bytes
# that are compared here were written by hand.

# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"

reader=$(dirname "$(realpath "$0")")/read_pool.py

# make_system BUILD: `image` from standard input behind a small x64 system, whose kernel nothing lists,
# so that pool is what the input makes it.
make_system() {
    {
        echo "fact build $1
run 0 4M
tables 64K 256K
space k x64
map k 0xffffa00000000000 64K scatter 1M 3M
map k 0xffffe00000000000 64K scatter 1M 3M
map k 0xffff900000000000 64K scatter 1M 3M
nt k
kdbg plain
module nt at k:0xfffff80001000000 scatter 1M 3M
unlisted
section .text 4K code
exports First Second
pool 0xffffa00000000000 64K"
        cat
    } >spec
    make image <spec
}

# make_small BUILD: the same for x86.
make_small() {
    {
        echo "fact build $1
run 0 4M
tables 64K 256K
space k pae
map k 0x85000000 64K scatter 1M 3M
map k 0xe1000000 64K scatter 1M 3M
map k 0xbc000000 64K scatter 1M 3M
nt k
kdbg plain
module nt at k:0x82600000 scatter 1M 3M
unlisted
section .text 4K code
pool 0x85000000 64K"
        cat
    } >spec
    make image <spec
}

# expect_reader: the reader finds what the truth says, and nothing else.
expect_reader() {
    python3 -B "$reader" image image.truth >differences || fail "the reader failed"
    [ ! -s differences ] || fail "differences: $(cat differences)"
}

# ---- whole systems -----------------------------------------------------------------------

# Everything that an independent reader finds is the truth.
case_pool64() {
    local build
    for build in 3790 6002 7601 9600 10240 15063 16299 17763 18362 19041 20348 22000; do
        "$mkimage" --set BUILD=$build --truth image.truth "$specs/pool64.spec" image || fail "$build"
        expect_reader
    done
    [ "$(stat -c %s image)" -le $((8 << 20)) ] || fail "pool64 is not small"
    grep -q '^pool .* missing leak#' image.truth || fail "no page is missing"
    expect_line image.truth "counted Gla1 0 0 0 0 6 960"
    expect_line image.truth "tracker Wrap 4294967295 4294967294 64 0 0 0"
}

case_pool32() {
    local build
    for build in 2600 3790 6002 7601 9200 10240 16299 17763; do
        "$mkimage" --set BUILD=$build --truth image.truth "$specs/pool32.spec" image || fail "$build"
        expect_reader
    done
    "$mkimage" --set BUILD=18362 "$specs/pool32.spec" none 2>message && fail "a segment heap in x86"
    grep -qF "expected chained pool, as of builds below 18362 in x86" message || fail "$(cat message)"
}

# The same pool in all containers, and twice.
case_repeatable() {
    "$mkimage" "$specs/pool64.spec" one || fail "one"
    "$mkimage" "$specs/pool64.spec" two || fail "two"
    expect_same one two
    "$mkimage" --format crash64-bitmap --truth image.truth "$specs/pool64.spec" image || fail "dump"
    expect_reader
    "$mkimage" --format crash32pae-full --truth image.truth "$specs/pool32.spec" image || fail "dump"
    expect_reader
}

# ---- blocks ------------------------------------------------------------------------------

blocks="block a Abcd paged 0x18
block b \"Se  \" paged 0x20 index 3
block c Proc paged 1 protected
block d Dead paged 0x30 free fill byte 0x77
block e Quot paged 8 quota 0x11223344
block f Type paged 8 type 0x5f
block g Over paged 16 overwritten 0102030405060708"

case_headers64() {
    make_system 7601 <<<"pool 0xffffe00000000000 64K paged
$blocks"
    expect_reader
    expect_at 0xffffe00000000000 "00000303 41626364 0000000000000000"
    expect_at 0xffffe00000000030 "03030303 53652020"
    expect_at 0xffffe00000000060 "03000203 50726fe3"
    expect_at 0xffffe00000000080 "02000400 44656164 0000000000000000 77777777"
    expect_at 0xffffe000000000c0 "0400020b 51756f74 4433221100000000"
    expect_at 0xffffe000000000e0 "0200025f 54797065"
    expect_at 0xffffe00000000100 "0102030405060708"
    expect_at 0xffffe00000000120 "0200ee00 46726565"
    expect_line image.truth "pool 0xffffe00000000030 48 48 Se%20%20 paged allocated 0x3 plain chained held b#1"
    expect_line image.truth "pool 0xffffe00000000060 32 48 Proc paged allocated 0x3 protected chained held c#1"
    expect_line image.truth "pool 0xffffe00000000100 32 32 Over paged overwritten 0x3 plain chained held g#1"
    expect_line image.truth "pool 0xffffe00000000120 3808 32 Free paged rest 0x0 plain chained held -"
    expect_line image.truth "poolrange 0xffffe00000000000 4096 paged chained"
    make_system 9200 <<<"pool 0xffffe00000000000 64K paged
$blocks"
    expect_at 0xffffe00000000060 "03000203 50726f63" # no protected tags from Windows 8 on
}

case_headers32() {
    make_small 7601 <<<"pool 0xe1000000 64K paged
$blocks"
    expect_reader
    expect_at 0xe1000000 "00000406 41626364"
    expect_at 0xe1000020 "04060506 53652020"
    expect_at 0xe1000048 "05000206 50726fe3"
    expect_at 0xe1000058 "02000700 44656164 77777777"
    expect_at 0xe1000090 "07000316 51756f74 0000000000000000 0000000044332211" # quota ends the block
    expect_at 0xe10000a8 "030002be 54797065"
    expect_at 0xe10000b8 "0102030405060708"
    expect_at 0xe10000d0 "0300e601 46726565"
}

# Types before Vista are others.
case_types() {
    local kinds="pool 0xe1000000 64K paged
pool 0xbc000000 64K session
block a Nonp nonpaged 8
block b Page paged 8
block c Sess session 8
block d Quot nonpaged 8 quota 1
block e Gone nonpaged 8 free"
    make_small 2600 <<<"$kinds"
    expect_reader
    expect_at 0x85000000 "00000202 4e6f6e70" # 1
    expect_at 0xe1000000 "00000204 50616765" # 2
    expect_at 0xbc000000 "00000244 53657373" # 0x22
    expect_at 0x85000010 "02000312 51756f74" # 9
    expect_at 0x85000028 "03000200 476f6e65"
    make_small 6000 <<<"$kinds"
    expect_reader
    expect_at 0x85000000 "00000204 4e6f6e70" # 2
    expect_at 0xe1000000 "00000206 50616765" # 3
    expect_at 0xbc000000 "00000246 53657373" # 0x23
    expect_at 0x85000010 "02000314 51756f74" # 10
}

# Where a page has no room; alone; several; ranges of one kind.
case_places() {
    make_system 7601 <<'END'
pool 0xffffa00000020000 8K nonpaged
map k 0xffffa00000020000 8K scatter 1M 3M
block a Aaaa nonpaged 0x7f0 times 3
block b Bbbb nonpaged 0x10 alone
block c Cccc nonpaged 0x10
block d Dddd nonpaged 0xfe0 times 12
block e Eeee nonpaged 0xfe0
plant pool/a#2+8 pointer pool@b there
plant pool@a#3+4 byte 62 tag
plant nt/.text pointer pool/e code
END
    expect_line image.truth "pool 0xffffa00000001000 2048 0 Aaaa nonpaged allocated 0x2 plain chained held a#3"
    expect_line image.truth "pool 0xffffa00000001800 2048 2048 Free nonpaged rest 0x0 plain chained held -"
    expect_line image.truth "pool 0xffffa00000002000 32 0 Bbbb nonpaged allocated 0x2 plain chained held b#1"
    expect_line image.truth "pool 0xffffa00000003000 32 0 Cccc nonpaged allocated 0x2 plain chained held c#1"
    expect_line image.truth "pool 0xffffa0000000f000 4080 0 Dddd nonpaged allocated 0x2 plain chained held d#12"
    expect_line image.truth "pool 0xffffa00000020000 4080 0 Eeee nonpaged allocated 0x2 plain chained held e#1"
    expect_line image.truth "vplant k 0xffffa00000000818 8 0020000000a0ffff there"
    expect_line image.truth "vplant k 0xffffa00000001004 1 62 tag"
    expect_line image.truth "vplant k 0xfffff80001001000 8 1000020000a0ffff code"
    expect_at 0xffffa00000001000 "00008002 62616161"
}

# Slots may lead into pool, which is there before they are.
case_hooks() {
    make_system 7601 <<'END'
block code Tram nonpaged 0x20 fill repeat 90
module drv at k:0xfffff80002000000 scatter 1M 3M
unlisted
section .text 4K code
import nt.sys First
hook First pool/code+8
END
    expect_line image.truth "import drv 0xfffff80002002000 0xffffa00000000018 nt!First - import held named"
    expect_at 0xfffff80002002000 "1800000000a0ffff"
    expect_at 0xffffa00000000010 "90909090"
}

# A segment heap: subsegments and chunks, whose headers depend on a key.
case_vs() {
    local key sizes
    make_system 19041 <<<"pool 0xffffe00000000000 64K paged vs
$blocks
block h Next paged 0xf00
block i Wide paged 0x1000
block j Late paged 0x20
big-pages"
    expect_reader
    expect_at 0xffffe00000000000 "00000000 00e0ffff 00000000 00e0ffff ffffffffffffffff"
    expect_at 0xffffe00000000020 "fd01 102a 0000" # 2 pages
    key=$(od -An -v -tx8 -j "$(at image.truth "$(label RtlpHpHeapGlobals)")" -N 8 image)
    key=0x${key// /}
    sizes=$((1 << 48 | 4 << 16))
    expect_at 0xffffe00000000030 "$(number $((sizes ^ key ^ 0xffffe00000000030)) 8)"
    expect_at 0xffffe00000000038 "$(number $(((key ^ 0x30) & 255)) 8)"
    expect_at 0xffffe00000000040 "00000303 41626364" # no PreviousSize
    sizes=$((1 << 48 | 4 << 32 | 4 << 16))
    expect_at 0xffffe00000000070 "$(number $((sizes ^ key ^ 0xffffe00000000070)) 8)"
    expect_at 0xffffe00000000080 "00030303 53652020"
    sizes=$((3 << 32 | 5 << 16)) # what is free
    expect_at 0xffffe000000000e0 "$(number $((sizes ^ key ^ 0xffffe000000000e0)) 8)"
    expect_at 0xffffe00000001010 "0000f103 4e657874"
    expect_at 0xffffe00000001008 "$(number $(((key ^ 1) & 255)) 8)"  # in the second page
    expect_at 0xffffe00000003020 "fd00 102b"                         # behind big pages
    expect_line image.truth "bigpage 0xffffe00000002000 4096 4096 Wide paged allocated plain held i#1"
    expect_line image.truth "pool 0xffffe00000003040 48 0 Late paged allocated 0x3 plain vs held j#1"
    make_system 17763 <<<"pool 0xffffe00000000000 64K paged by-build
$blocks"
    expect_at 0xffffe00000000000 "00000303 41626364"
}

# A subsegment has 16 pages at most; what does not fit into its first page goes into the second.
case_subsegments() {
    make_system 18362 <<'END'
map k 0xffffe00000010000 128K scatter 1M 3M
pool 0xffffe00000000000 192K paged by-build
block a Tmp1 paged 0xfe0 times 20
block b Tmp2 paged 0xfb0
END
    expect_reader
    expect_line image.truth "pool 0xffffe00000001010 4080 0 Tmp1 paged allocated 0x3 plain vs held a#1"
    expect_line image.truth "pool 0xffffe0000000f010 4080 0 Tmp1 paged allocated 0x3 plain vs held a#15"
    expect_line image.truth "pool 0xffffe00000011010 4080 0 Tmp1 paged allocated 0x3 plain vs held a#16"
    expect_at 0xffffe00000000020 "fd0f 1024"
    expect_at 0xffffe00000010020 "fd06 102d"
    expect_line image.truth "pool 0xffffe00000016010 4032 0 Tmp2 paged allocated 0x3 plain vs held b#1"
}

# ---- tables ------------------------------------------------------------------------------

# One entry, so that it is where one looks for it.
case_big_pages() {
    local build bytes table
    while read -r build bytes; do
        make_system "$build" <<'END'
pool 0xffffe00000000000 64K paged
block big Abcd paged 0x2345 protected fill byte 0x44
big-pages 1
END
        expect_reader
        table=$(od -An -v -tx8 -j "$(at image.truth "$(label PoolBigPageTable)")" -N 8 image)
        expect_at "0x${table// /}" "00000000 00e0ffff $bytes"
        expect_at "$(label PoolBigPageTableSize)" "0100000000000000"
        expect_at 0xffffe00000000000 44444444
    done <<'END'
3790 416263e4 03000000 0000000000000000
6002 416263e4 01000000 0030000000000000
9600 41626364 01000000 0030000000000000
10240 41626364 0001b0cb 0030000000000000
19041 41626364 0001b0cb 0030000000000000
20348 41626364 0001b0cb 0030000000000000 0000000000000000
END
    while read -r build bytes; do
        make_small "$build" <<'END'
pool 0xe1000000 64K paged
block big Abcd paged 0x2345 free
big-pages 1
END
        expect_reader
        table=$(od -An -v -tx4 -j "$(at image.truth "$(label PoolBigPageTable)")" -N 4 image)
        expect_at "0x${table// /}" "010000e1 41626364 $bytes"
    done <<'END'
2600 03000000
3790 03000000 00000000
7601 01000000 00300000
17763 0001b0cb 00300000
END
}

# The table where other lines map it, with what is freed and what has the same hash.
case_big_table() {
    make_system 7601 <<'END'
map k 0xffffb00000000000 8K scatter 1M 3M
pool 0xffffe00000000000 64K paged
block big Abcd paged 4096 times 16
big-pages 20 at 0xffffb00000000800 free 4
END
    expect_reader
    expect_line image.truth "bigtable 0xffffb00000000800 20 24"
    expect_at "$(label PoolBigPageTable)" "0008000000b0ffff"
    [ "$(grep -c '^bigpage' image.truth)" -eq 16 ] || fail "$(grep '^bigpage' image.truth)"
    local free
    free=$(od -An -v -tx1 -j "$(at image.truth 0xffffb00000000800)" -N 480 -w24 image |
        grep -c '^ .1 .. .. .. .. .. ff ff 47 6f 6e 65')
    [ "$free" -eq 4 ] || fail "$free entries are free"
}

case_trackers() {
    local build bytes table
    while read -r build bytes; do
        make_system "$build" <<'END'
pool 0xffffe00000000000 64K paged
block a Abcd nonpaged 0x18 protected times 2
block b Abcd paged 0x2000
block c Abcd paged 0x20 free
pool 0xffff900000000000 64K session
block d Sess session 8
big-pages 1
trackers 1
tracker Abcd paged 0x10 0x300 0
END
        expect_reader
        expect_line image.truth "tracker Abcd 2 0 96 18 769 8192"
        table=$(od -An -v -tx8 -j "$(at image.truth "$(label PoolTrackTable)")" -N 8 image)
        expect_at "0x${table// /}" "41626364 $bytes"
        expect_at "$(label PoolTrackTableSize)" "0100000000000000"
        expect_at "$(plus "$(awk '$1 == "nt" { print $6 }' image.truth)" 0x1b8)" \
            "$(number "$(label PoolTrackTable)" 8)"
    done <<'END'
7601 02000000 00000000 00000000 6000000000000000 12000000 01030000 0020000000000000
16299 00000000 6000000000000000 0200000000000000 0000000000000000 0020000000000000 1200000000000000 0103000000000000
22000 00000000 6000000000000000 0200000000000000 0000000000000000 0020000000000000 1200000000000000 0103000000000000 00000000
END
    while read -r build bytes; do
        make_small "$build" <<'END'
pool 0xe1000000 64K paged
block a Abcd nonpaged 0x18 times 2
block b Abcd paged 0x38
block c Abcd paged 0x38 free
trackers 1
tracker Abcd nonpaged 0xffffffff 0x300 0x1000
END
        expect_reader
        table=$(od -An -v -tx4 -j "$(at image.truth "$(label PoolTrackTable)")" -N 4 image)
        expect_at "0x${table// /}" "41626364 $bytes"
    done <<'END'
2600 01000000 00030000 40100000 02000000 01000000 40000000
16299 40100000 0100000001000000 0003000000000000 40000000 00000000 0200000000000000 0100000000000000
END
}

# Each processor has a table; all together have the sums.
case_processors() {
    make_system 7601 <<'END'
map k 0xffffb00000000000 16K scatter 1M 3M
block a Abcd nonpaged 0x18 times 5
block b Gone nonpaged 0x18 free times 2
trackers 4 at 0xffffb00000000000 processors 3
END
    expect_reader
    expect_line image.truth "tracker Abcd 5 0 240 0 0 0"
    expect_line image.truth "tracker Gone 2 2 0 0 0 0"
    expect_line image.truth "tagtable 0xffffb00000000000 4 40"
    expect_at "$(label ExPoolTagTables)" \
        "0000000000b0ffff 0010000000b0ffff 0020000000b0ffff 0000000000000000"
    [ "$(hex image "$(at image.truth 0xffffb00000001000)" 160 | grep -o 41626364 | wc -l)" -eq 1 ] ||
        fail "the second processor has no blocks"
}

# Kernels up to Windows 7 know where pool is.
case_limits() {
    make_system 7601 <<<"pool 0xffffe00000000000 32K paged
pool 0xffffe00000008000 32K paged"
    expect_at "$(label MmNonPagedPoolStart)" "0000000000a0ffff"
    expect_at "$(label MmNonPagedPoolEnd)" "0000010000a0ffff"
    expect_at "$(label MmPagedPoolStart)" "0000000000e0ffff"
    expect_at "$(label MmPagedPoolEnd)" "0000010000e0ffff"
    make_system 9200 <<<"pool 0xffffe00000000000 32K paged"
    expect_at "$(label MmPagedPoolEnd)" "0000000000000000"
}

# ---- special pool ------------------------------------------------------------------------

case_special64() {
    local pages='special-pool 0xffffb00000000000 64K scatter 1M 3M
special a FMsl paged 0x35 garbage 0x20 byte 1 garbage 0xff5 dword 78090043 fill byte 0xaa
special b "Se  " nonpaged 0x20 underrun pattern 0x33 garbage 0x20 word 1234
special c Gone nonpaged 0xff0 freed times 2'
    make_system 7601 <<<"$pages"
    expect_reader
    make_system 7601 <<<"$pages
plant pool/a+4 byte bb
plant pool@c#2 byte 0"
    expect_at 0xffffb00000000000 "35805a00 464d736c 0000000000000000 5a5a5a5a"
    expect_at 0xffffb00000000020 "015a"
    expect_at 0xffffb00000000fbf "5a aaaaaaaa bb aaaa"
    expect_at 0xffffb00000000ff4 "aa 43000978 5a5a5a5a5a5a5a"
    expect_at 0xffffb00000002000 "33333333"
    expect_at 0xffffb00000002020 "3412 3333"
    expect_at 0xffffb00000002fef "33 20003300 53652020 0000000000000000"
    expect_at 0xffffb00000004000 "f00f5a00 476f6e65 0000000000000000 21437698"
    expect_at 0xffffb00000004018 "f00f0000 00000000 10400000 00b0ffff 5a5a"
    expect_at 0xffffb00000006000 "000f5a00"
    [ -z "$(at image.truth 0xffffb00000001000)" ] || fail "no guard"
    expect_line image.truth "special 0xffffb00000000000 0xffffb00000000fc0 53 FMsl paged overrun allocated overwritten 0x5a held a#1 0x20:01 0xff5:43000978"
    expect_line image.truth "special 0xffffb00000002000 0xffffb00000002000 32 Se%20%20 nonpaged underrun allocated overwritten 0x33 held b#1 0x20:3412"
    expect_line image.truth "special 0xffffb00000006000 0xffffb00000006010 4080 Gone nonpaged overrun freed intact 0x5a held c#2"
}

case_special32() {
    make_small 2600 <<'END'
special-pool 0xca0b4000 32K to 1M
special a FMsl paged 0x35 fill byte 0xaa
special b FMsl nonpaged 8 underrun
special c Lost nonpaged 8
map k 0xca0b8000 4K pagefile 0 1
END
    expect_reader
    expect_hex image 0x100000 "35805a00 464d736c 5a5a5a5a"
    expect_at 0xca0b4fc7 "5a aaaaaaaa"
    expect_at 0xca0b4ffc "aa 5a5a5a"
    expect_hex image 0x102ff7 "5a 08005a00 464d736c"
    expect_line image.truth "special 0xca0b8000 0xca0b8ff8 8 Lost nonpaged overrun allocated intact 0x5a missing c#1"
}

# ---- errors ------------------------------------------------------------------------------

case_errors() {
    local start="run 0 1M;tables 64K 128K;space k x64;space e x86;nt k;pool 0xffffa00000000000 64K"
    start+=";module nt at k:0xfffff80001000000;section .text 4K code;special-pool 0xffffb00000000000 16K to 0"
    expect_errors "$start" "run 0 1M;tables 64K 128K;space k x64;space e x86;" <<'ERRORS'
5:1|'nt SPACE' on an earlier line|!pool 0 4K
5:1|'nt SPACE' on an earlier line|!block a Abcd paged 1
5:1|'nt SPACE' on an earlier line|!special-pool 0 8K to 0
5:1|'nt SPACE' on an earlier line|!special a Abcd paged 1
5:1|'nt SPACE' on an earlier line|!big-pages
5:1|'nt SPACE' on an earlier line|!trackers
5:1|'nt SPACE' on an earlier line|!tracker Abcd paged 0 0 0
10:6|whole pages, below 4G|pool 0 100
10:6|whole pages, below 4G|pool 0 4G
10:6|whole pages, below 4G|pool 0x10 4K
10:11|the end of the line, not 'blue'|pool 0 4K blue
6:6|chained pool, as of builds below 18362 in x86|!nt e;pool 0x1000 4K vs;module nt at e:0x10000;section .text 4K code
10:7|a name of letters, digits and _|block a-b Abcd paged 1
10:7|a name of letters, digits and _|block "" Abcd paged 1
11:7|a name that no other block has, not 'a'|block a Abcd nonpaged 1;block a Abcd nonpaged 1
11:9|a name that no other block has, not 'a'|block a Abcd nonpaged 1;special a Abcd paged 1
11:7|a name that no other block has, not 'a'|special a Abcd paged 1;block a Abcd paged 1
10:8|a tag|block a
10:9|a tag of 1 to 4 bytes|block a Abcde paged 1
10:9|a tag of 1 to 4 bytes|block a "" paged 1
10:14|nonpaged, paged or session|block a Abcd blue 1
10:20|a size, 1 to 1073741824|block a Abcd paged 0
10:28|a count, 1 to 1048576|block a Abcd paged 1 times 0
10:27|a type, 0 to 255|block a Abcd paged 1 type 256
11:27|a type, 0 to 127|!nt e;pool 0x1000 4K;module nt at e:0x10000;section .text 4K code;special-pool 0x8000 8K to 0;tables 1M 4K;block a Abcd paged 1 type 128
10:28|an index, 0 to 255|block a Abcd paged 1 index 256
10:27|a number|block a Abcd paged 1 quota
10:34|at most 16 bytes|block a Abcd paged 1 overwritten 0102030405060708090a0b0c0d0e0f1011
10:27|zero, byte VALUE|block a Abcd paged 1 fill blue
10:32|the end of the line, not 'free'|block a Abcd paged 1 fill zero free
10:7|more room in 'pool START LENGTH paged' lines, for 32 bytes|block a Abcd paged 1
10:7|more room in 'pool START LENGTH' lines, for 69632 bytes|block a Abcd nonpaged 65K
10:7|more room in 'pool START LENGTH' lines, for 4080 bytes|block a Abcd nonpaged 0xfe0 times 16
10:14|one 'special-pool' line|special-pool 0 8K to 0
7:14|whole pages, below 4G|!nt k;pool 0 4K;special-pool 1 8K to 0
7:18|to PAGE, scatter|!nt k;pool 0 4K;special-pool 0 8K
6:1|'special-pool ADDRESS LENGTH' on an earlier|!nt k;special a Abcd paged 1
10:16|nonpaged or paged|special a Abcd session 1
10:22|a size, 1 to 4080|special a Abcd paged 0xff1
10:32|a byte, 0 to 255|special a Abcd paged 1 pattern 256
10:32|an offset in the page, 0 to 4095|special a Abcd paged 1 garbage 4K byte 1
10:36|byte, word, dword|special a Abcd paged 1 garbage 0x0 blue 1
10:32|bytes in the page that lie in neither data (0xff0 to 0xff0) nor header|special a Abcd paged 1 garbage 0xff0 byte 1
10:32|bytes in the page that lie in neither data (0xff0 to 0xff0) nor header|special a Abcd paged 1 garbage 0xfef word 1
10:32|bytes in the page that lie in neither data (0xff0 to 0xff0) nor header|special a Abcd paged 1 garbage 0xffe dword 1
10:32|bytes in the page that lie in neither data (0xff0 to 0xff0) nor header|special a Abcd paged 1 garbage 0xf byte 1
10:9|more room in 'special-pool'|special a Abcd paged 1 times 3
11:1|one such table|big-pages;big-pages
10:11|a number of entries, 1 to|big-pages 0
10:11|the end of the line, not 'x'|big-pages x
10:14|an address that x64 has|big-pages at 0x800000000000
10:1|2 entries or more|big-pages 1;block a Abcd nonpaged 4K times 2
10:16|a number of entries, 0 to|big-pages free 2M
10:1|more room in 'pool START LENGTH' lines|big-pages 4K
10:21|a number of processors, 1 to 64|trackers processors 65
11:1|one such table|trackers;trackers
10:1|more than 1 entries|trackers 1;block a Abcd nonpaged 1
10:1|'trackers' on an earlier line|tracker Abcd paged 0 0 0
11:14|nonpaged or paged|trackers;tracker Abcd session 0 0 0
11:19|a number of allocations|trackers;tracker Abcd paged
11:21|a number of frees|trackers;tracker Abcd paged 0
11:23|a number of bytes|trackers;tracker Abcd paged 0 0
10:8|a name other than pool|module pool at k:0x10000
10:12|the name of a block of pool, not 'a'|plant pool/a byte 1
11:12|the name of a block of pool, not 'a#2'|block a Abcd nonpaged 1;plant pool/a#2 byte 1
11:12|the name of a block of pool, not 'a#x'|block a Abcd nonpaged 1;plant pool/a#x byte 1
11:12|the name of a block of pool, not '-'|block - Abcd nonpaged 1;plant pool/- byte 1
11:14|a distance|block a Abcd nonpaged 1;plant pool/a+ byte 1
ERRORS
}

# ------------------------------------------------------------------------------------------

run_case "$3"
