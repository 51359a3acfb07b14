#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of memscan-mkimage:  test_mkimage.sh MKIMAGE SPECS_FOLDER CASE
#
# Goldens are built here byte by byte, from the formats' descriptions and not from the program's
# output.

# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"

# The spec of most goldens: two runs with a hole, a DWORD at the start and at the end of each.
golden_spec() {
    cat <<'SPEC'
fact dtb 0x1aa000
fact build 17763
fact cpus 2
fact bugcheck 0xd1 0x11 0x12 0x13 0x14
fact system-time 0x01d5c0369f2e1234
fact up-time 0x0000000861c46800
fact loaded-modules 0x8055a420
fact kdbg 0x8054c760
fact product-type 3
fact rip 0x8096c909
fact rsp 0xb8f0b000
run 0x5000 0x1000          # above the next, stored before it
run 0x1000 0x2000
plant 0x1000 dword 78090043 first
plant 0x2ffc dword 11223344
plant 0x5000 dword 55667788
plant 0x5ffc dword 99aabbcc last
SPEC
}

# poke_memory FILE OFFSET_OF_5000 OFFSET_OF_1000
poke_memory() {
    poke "$1" $(($2)) "88776655"
    poke "$1" $(($2 + 0xffc)) "ccbbaa99"
    poke "$1" $(($3)) "43000978"
    poke "$1" $(($3 + 0x1ffc)) "44332211"
}

# ---- goldens -----------------------------------------------------------------------------

case_golden_raw() {
    golden_spec | make image
    truncate -s $((0x6000)) golden
    poke_memory golden 0x5000 0x1000
    expect_same golden image
    expect_line image.truth "format raw"
    expect_line image.truth "seed 1"
    expect_line image.truth "image-bytes 24576"
    expect_line image.truth "memory-bytes 12288"
    expect_line image.truth "run 0x1000 8192 0x1000 8192"
    expect_line image.truth "plant 0x1000 0x1000 4 43000978 first"
    expect_line image.truth "plant 0x2ffc 0x2ffc 4 44332211 -"
}

case_golden_raw_concat() {
    golden_spec | make image --format raw-concat
    truncate -s $((0x3000)) golden
    poke_memory golden 0 0x1000
    expect_same golden image
    expect_line image.truth "run 0x5000 4096 0x0 4096"
    expect_line image.truth "run 0x1000 8192 0x1000 8192"
    expect_line image.truth "plant 0x5ffc 0xffc 4 ccbbaa99 last"
}

case_golden_lime() {
    golden_spec | make image --format lime
    truncate -s $((0x3040)) golden
    poke golden 0x0000 "454d694c 01000000 0050000000000000 ff5f000000000000 0000000000000000"
    poke golden 0x1020 "454d694c 01000000 0010000000000000 ff2f000000000000 0000000000000000"
    poke_memory golden 0x20 0x1040
    expect_same golden image
}

case_golden_elf64() {
    {
        golden_spec
        echo "run 0x8000 0 memsz 0x3000"
        echo "run 0x9000 16 memsz 32 vaddr 0xffff888000009000"
    } | make image --format elf64
    # 40 header, 5 * 38 program headers, 2 * (14 + 150 + 14 + 1b8) notes
    truncate -s $((0x158 + 0x660 + 0x3010)) golden
    poke golden 0x000 "7f454c46 020101000000000000000000 0400 3e00 01000000 0000000000000000
        4000000000000000 0000000000000000 00000000 4000 3800 0500 0000 0000 0000"
    poke golden 0x040 "04000000 00000000 5801000000000000 0000000000000000 0000000000000000
        6006000000000000 6006000000000000 0000000000000000"
    poke golden 0x078 "01000000 00000000 b807000000000000 0000000000000000 0050000000000000
        0010000000000000 0010000000000000 0000000000000000"
    poke golden 0x0b0 "01000000 00000000 b817000000000000 0000000000000000 0010000000000000
        0020000000000000 0020000000000000 0000000000000000"
    poke golden 0x0e8 "01000000 00000000 b837000000000000 0000000000000000 0080000000000000
        0000000000000000 0030000000000000 0000000000000000"
    poke golden 0x120 "01000000 00000000 b837000000000000 009000008088ffff 0090000000000000
        1000000000000000 2000000000000000 0000000000000000"
    local cpu at
    for cpu in 0 1; do
        at=$((0x158 + cpu * 0x164))
        poke golden $at "05000000 50010000 01000000 434f524500000000"
        poke golden $((at + 0x14 + 0x20)) "0$((cpu + 1))000000"
        poke golden $((at + 0x14 + 0x70 + 16 * 8)) "09c9968000000000"
        poke golden $((at + 0x14 + 0x70 + 19 * 8)) "00b0f0b800000000"
        at=$((0x158 + 2 * 0x164 + cpu * 0x1cc))
        poke golden $at "05000000 b8010000 00000000 51454d5500000000"
        poke golden $((at + 0x14)) "01000000 b8010000"
        poke golden $((at + 0x14 + 0x38)) "00b0f0b800000000"
        poke golden $((at + 0x14 + 0x88)) "09c9968000000000 4602000000000000"
        poke golden $((at + 0x14 + 0x98)) "10000000 ffffffff 009b2000"
        poke golden $((at + 0x14 + 0x98 + 5 * 0x18)) "18000000 ffffffff 0093c000"
        poke golden $((at + 0x14 + 0x188)) "3300058000000000"
        poke golden $((at + 0x14 + 0x1a0)) "00a01a0000000000 f806000000000000"
    done
    poke_memory golden 0x7b8 0x17b8
    expect_same golden image
}

case_golden_elf32() {
    { golden_spec; echo "option qemu-note-size 0x1b0"; echo "option elf-align 4K"; } |
        make image --format elf32
    # 34 header, 3 * 20 program headers, 2 * (14 + 90 + 14 + 1b0) notes = 524; memory on pages
    truncate -s $((0x4000)) golden
    poke golden 0x00 "7f454c46 010101000000000000000000 0400 0300 01000000 00000000
        34000000 00000000 00000000 3400 2000 0300 0000 0000 0000"
    poke golden 0x34 "04000000 94000000 00000000 00000000 d0040000 d0040000 00000000 00000000"
    poke golden 0x54 "01000000 00100000 00000000 00500000 00100000 00100000 00000000 00000000"
    poke golden 0x74 "01000000 00200000 00000000 00100000 00200000 00200000 00000000 00000000"
    local cpu at
    for cpu in 0 1; do
        at=$((0x94 + cpu * 0xa4))
        poke golden $at "05000000 90000000 01000000 434f524500000000"
        poke golden $((at + 0x14 + 24)) "0$((cpu + 1))000000"
        poke golden $((at + 0x14 + 72 + 12 * 4)) "09c99680"
        poke golden $((at + 0x14 + 72 + 15 * 4)) "00b0f0b8"
        at=$((0x94 + 2 * 0xa4 + cpu * 0x1c4))
        poke golden $at "05000000 b0010000 00000000 51454d5500000000"
        poke golden $((at + 0x14)) "01000000 b0010000"
        poke golden $((at + 0x14 + 0x38)) "00b0f0b800000000"
        poke golden $((at + 0x14 + 0x88)) "09c9968000000000 4602000000000000"
        poke golden $((at + 0x14 + 0x98)) "10000000 ffffffff 009bc000"
        poke golden $((at + 0x14 + 0x98 + 5 * 0x18)) "18000000 ffffffff 0093c000"
        poke golden $((at + 0x14 + 0x188)) "3300058000000000"
        poke golden $((at + 0x14 + 0x1a0)) "00a01a0000000000 d806000000000000"
    done
    poke_memory golden 0x1000 0x2000
    expect_same golden image
}

# 65,534 runs and a note are as many program headers as PN_XNUM says: the count moves.
case_golden_elf_extended() {
    printf 'run 0x1000 16 times 65534 every 4K\nplant 0xfffe008 qword 1122334455667788\n' |
        make image --format elf64
    local section=$((0x40 + 65535 * 0x38))
    expect_hex image 0x28 "$(number $section 8)"
    expect_hex image 0x34 "4000 3800 ffff 4000 0100 0000"
    expect_hex image $section "00000000 00000000 0000000000000000 0000000000000000 0000000000000000
        0000000000000000 00000000 ffff0000 0000000000000000 0000000000000000"
    expect_hex image $((section - 0x38 + 0x18)) "00e0ff0f00000000 1000000000000000"
    expect_hex image $(($(stat -c %s image) - 8)) "8877665544332211"
}

poke_header64() {
    pages golden 0x2000
    poke golden 0x000 "50414745 44553634 0f000000 63450000 00a01a0000000000"
    poke golden 0x020 "20a4558000000000"
    poke golden 0x030 "64860000 02000000 d1000000"
    poke golden 0x040 "1100000000000000 1200000000000000 1300000000000000 1400000000000000"
    poke golden 0x080 "60c7548000000000"
    head -c $((0x4d0)) /dev/zero | dd of=golden bs=1 seek=$((0x348)) conv=notrunc status=none
    poke golden $((0x348 + 0x30)) "1f001000 801f0000 1000"
    poke golden $((0x348 + 0x42)) "1800 46020000"
    poke golden $((0x348 + 0x98)) "00b0f0b800000000"
    poke golden $((0x348 + 0xf8)) "09c9968000000000"
    poke golden $((0x348 + 0x118)) "801f0000"
    poke golden 0xf98 "$1"
    poke golden 0xfa8 "34122e9f36c0d501"
    poke golden 0x1030 "0068c46108000000"
    poke golden 0x1040 "03000000"
}

case_golden_crash64_full() {
    golden_spec | make image --format crash64-full
    poke_header64 "01000000"
    truncate -s $((0x5000)) golden
    poke golden 0x088 "02000000"
    poke golden 0x090 "0300000000000000 0500000000000000 0100000000000000
        0100000000000000 0200000000000000"
    poke golden 0xfa0 "0050000000000000"
    poke_memory golden 0x2000 0x3000
    expect_same golden image
}

# poke_bitmap OFFSET SIGNATURE FIRST_PAGE: pages 1, 2 and 5 of six
poke_bitmap() {
    poke golden "$1" "$2 44554d50 00000000"
    poke golden $(($1 + 0x20)) "$3 0300000000000000 0600000000000000 26"
}

case_golden_crash64_bitmap() {
    golden_spec | make image --format crash64-bitmap
    poke_header64 "05000000"
    truncate -s $((0x6000)) golden
    poke golden 0xfa0 "0060000000000000"
    poke_bitmap 0x2000 "46444d50" "0030000000000000"
    poke_memory golden 0x5000 0x3000
    expect_same golden image
}

case_golden_crash64_kernel() {
    golden_spec | make image --format crash64-kernel
    poke_header64 "06000000"
    truncate -s $((0x6000)) golden
    poke golden 0xfa0 "0060000000000000"
    poke_bitmap 0x2000 "53444d50" "0030000000000000"
    poke_memory golden 0x5000 0x3000
    expect_same golden image
}

poke_header32() {
    pages golden 0x1000
    poke golden 0x000 "50414745 44554d50 0f000000 63450000 00a01a00"
    poke golden 0x018 "20a45580"
    poke golden 0x020 "4c010000 02000000 d1000000 11000000 12000000 13000000 14000000"
    poke golden 0x05c "$2"
    poke golden 0x060 "60c75480"
    head -c $((0x2cc)) /dev/zero | dd of=golden bs=1 seek=$((0x320)) conv=notrunc status=none
    poke golden $((0x320)) "1f000100"
    poke golden $((0x320 + 0xb8)) "09c99680 08000000 46020000 00b0f0b8 10000000"
    poke golden 0xf88 "$1"
    poke golden 0xf94 "03000000"
    poke golden 0xfb8 "0068c46108000000 34122e9f36c0d501"
}

poke_runs32() {
    truncate -s $((0x4000)) golden
    poke golden 0x064 "02000000 03000000 05000000 01000000 01000000 02000000"
    poke golden 0xfa0 "0040000000000000"
    poke_memory golden 0x1000 0x2000
}

case_golden_crash32_full() {
    golden_spec | make image --format crash32-full
    poke_header32 "01000000" "00"
    poke_runs32
    expect_same golden image
}

case_golden_crash32pae_full() {
    golden_spec | make image --format crash32pae-full
    poke_header32 "01000000" "01"
    poke_runs32
    expect_same golden image
}

case_golden_crash32_bitmap() {
    { golden_spec; echo "machine x86pae"; } | make image --format crash32-bitmap
    poke_header32 "05000000" "01"
    truncate -s $((0x5000)) golden
    poke golden 0xfa0 "0050000000000000"
    poke_bitmap 0x1000 "46444d50" "0020000000000000"
    poke_memory golden 0x4000 0x2000
    expect_same golden image
    expect_line image.truth "machine x86pae"
}

# The bit count: not a multiple of 8; a multiple of which the last bit is set; more than needed;
# so many that the bitmap just fills, and just overflows, the page that it starts in.
case_bitmap_edges() {
    local pages bits first
    while read -r pages bits first; do
        printf 'run 0 %sK\noption bitmap-bits %s\n' $((4 * pages)) "$bits" |
            make image --format crash64-bitmap
        expect_hex image 0x2020 "$first"
        expect_hex image 0x2028 "$(number "$pages" 8)"
        expect_hex image 0x2030 "$(number "$bits" 8)"
    done <<'EDGES'
9 9 0030000000000000
16 16 0030000000000000
16 17 0030000000000000
5 32320 0030000000000000
5 32321 0040000000000000
EDGES
    expect_hex image 0x2038 "1f00"
}

# ---- memory ------------------------------------------------------------------------------

# extract IMAGE OUT: memory at its physical addresses, found through the truth alone.
extract() {
    local start length offset held
    truncate -s 4M "$2"
    while read -r _ start length offset held; do
        dd if="$1" of="$2" bs=64K iflag=skip_bytes,count_bytes oflag=seek_bytes conv=notrunc \
            skip=$((offset)) seek=$((start)) count="$held" status=none
    done < <(grep '^run ' "$1.truth")
}

check_plants() {
    local address length bytes count=0
    while read -r _ address _ length bytes _; do
        expect_hex "$1" "$address" "$bytes"
        count=$((count + 1))
    done < <(grep '^plant ' "$2")
    [ "$count" -eq "$3" ] || fail "$count plants, not $3"
}

case_same_memory_everywhere() {
    local container
    for container in $containers; do
        make "$container" --format "$container" <"$specs/small.spec"
        extract "$container" "$container.flat"
        expect_same raw.flat "$container.flat"
        expect_same <(grep '^plant' raw.truth | cut -d' ' -f2,4-) \
            <(grep '^plant' "$container.truth" | cut -d' ' -f2,4-)
        expect_line "$container.truth" "memory-bytes 1519616"
        expect_size "$container" "$(sed -n 's/^image-bytes //p' "$container.truth")"
    done
    check_plants raw.flat raw.truth 57
}

case_repeatable() {
    make one <"$specs/small.spec"
    make two <"$specs/small.spec"
    expect_same one two
    expect_same one.truth two.truth
    make other --seed 6 <"$specs/small.spec"
    if cmp -s one other; then
        fail "the seed makes no difference"
    fi
    expect_line other.truth "seed 6"
    make other --seed 5 <"$specs/small.spec"
    expect_same one other
}

# A page depends on seed, kind and address: not on the order, extent or number of fills.
case_independent_of_fill_order() {
    printf 'run 0 1M\nfill 0 512K mixed\nfill 512K 512K code\n' | make one
    printf 'run 0 1M\nfill 512K 512K code\nfill 0 100000 mixed\nfill 100000 512K-100000 mixed\n' |
        make two
    expect_same one two
    printf 'run 0 1M\nfill 0 1M random\nfill 0 2M code\nfill 0 512K mixed\n' | make three
    expect_same one three
    printf 'run 0 1M\nfill 0 1M mixed\nfill 1000 3000 zero\n' | make four
    expect_same <(head -c 1000 one) <(head -c 1000 four)
    expect_same <(head -c 3000 /dev/zero) <(tail -c +1001 four | head -c 3000)
    expect_same <(head -c 512K one | tail -c +4001) <(head -c 512K four | tail -c +4001)
}

case_fill_kinds() {
    printf 'abcdefg' >material
    cat >spec <<'SPEC'
run 0 1M
fill 0x10 5 byte 0xcc
fill 0x20 6 repeat 010203
fill 0x30 9 file material
fill 0x1000 4K pointers 0xfffff80000000000 0x10
fill 0x2000 4K text
fill 0x3000 4K random
fill 0x4000 4K code
fill 0x5000 4K structs
SPEC
    "$mkimage" spec image || fail "exit status $?"
    expect_hex image 0 "00000000000000000000000000000000 cccccccccc 0000000000000000000000
        010203010203 00000000000000000000 616263646566676162 00"
    [ "$(od -An -v -tx8 -w8 -j 4096 -N 4096 image | sort -u | tr -d ' \n')" = \
        fffff80000000000fffff80000000008 ] || fail "pointers leave their span"
    tail -c +8193 image | head -c 4096 | LC_ALL=C grep -q '[^ -~'$'\r'']' && fail "text is not text"
    local page zeros
    for page in 3:0:40 4:300:1600 5:2000:3400; do
        zeros=$(od -An -v -tx1 -w1 -j $((${page%%:*} * 4096)) -N 4096 image | grep -c ' 00')
        local least=${page#*:}
        if [ "$zeros" -lt "${least%:*}" ] || [ "$zeros" -gt "${page##*:}" ]; then
            fail "page ${page%%:*} has $zeros zero bytes"
        fi
    done
}

# count_pages IMAGE: how many of its pages are zeros, uniform otherwise, and neither.
count_pages() {
    od -An -v -tx8 -w4096 "$1" | awk '
        { for (i = 2; i <= NF && $i == $1; i++) ; kind[i <= NF ? "other" : $1 ~ /^0+$/ ? "zero" : "uniform"]++ }
        END { print kind["zero"] + 0, kind["uniform"] + 0, kind["other"] + 0 }'
}

# expect_share WHAT COUNT OF PERCENT: within two percent of the whole.
expect_share() {
    local share=$((1000 * $2 / $3))
    if [ $share -lt $((10 * $4 - 20)) ] || [ $share -gt $((10 * $4 + 20)) ]; then
        fail "$share of 1000 pages are $1, not about $4%"
    fi
}

# Each page of the files is full of its own letter, one is of zeros, and the last is a single byte.
case_realistic() {
    local letter page
    mkdir -p files/below "more files"
    for letter in a b c; do
        page=$(printf "%4096s" '' | tr ' ' $letter)
        printf %s "$page" >>files/below/letters
    done
    { head -c 4096 /dev/zero; printf %4096s '' | tr ' ' d; } >"more files/zeros"
    printf e >files/short
    ln -s below/letters files/link
    cat >spec <<SPEC
run 0 8M
fill 0 8M realistic "files:$folder/more files"
SPEC
    "$mkimage" spec image || fail "exit status $?"
    read -r zero uniform other < <(count_pages image)
    short=$(od -An -v -tx1 -w4096 image | grep -c '^ 65\( 00\)*$')
    expect_share zeros "$zero" 2048 35
    expect_share random $((other - short)) 2048 10
    expect_share "copies of files" $((uniform + short)) 2048 55
    for letter in a b c d; do
        grep -q "$(printf %4096s '' | tr ' ' $letter)" image || fail "no page of $letter"
    done
    "$mkimage" spec again || fail "exit status $?"
    expect_same image again
    head -c 8192 /dev/zero >files/below/letters
    rm -r files/short "more files"
    echo "run 0 1M" >spec
    echo "fill 0 1M realistic files" >>spec
    expect_error "nothing but zeros" spec image
}

# The image of the benchmarks, from this machine's own files.
case_bench_spec() {
    make image --set SIZE=32M --format raw-concat <"$specs/bench.spec"
    expect_size image $((32 << 20))
    read -r zero uniform other < <(count_pages image)
    expect_share zeros "$zero" 8192 35
    expect_share "of a single byte" "$uniform" 8192 0
    expect_share "of anything else" "$other" 8192 65
}

# ---- plants ------------------------------------------------------------------------------

case_plants_straddle() {
    cat >spec <<'SPEC'
run 0x10000 0x10000
run 0 0x10000              # touches the first in memory, lies behind it in the file
plant-crossing dword aabbccdd every 0x4000 in 0 0x20000 seam
SPEC
    "$mkimage" --format lime --truth image.truth spec image || fail "exit status $?"
    expect_same <(grep '^plant ' image.truth | cut -d' ' -f2) - <<'ADDRESSES'
0x3ffe
0x7ffd
0xbfff
0xfffe
0x13ffd
0x17fff
0x1bffe
ADDRESSES
    expect_line image.truth "plant 0xfffe 0x2003e 4 ddccbbaa seam"
    expect_hex image 0x2003e "ddcc"
    expect_hex image 0x20 "bbaa"
}

case_plants_random() {
    cat >spec <<'SPEC'
run 0 64K
run 128K 64K
plant 0x8000 qword 1 fixed
plant-random 100 dword 78090043 in 0x100 256K align 16 aligned
plant-random 400 hex aabbcc in 0 256K anywhere
SPEC
    "$mkimage" --truth image.truth spec image || fail "exit status $?"
    check_plants image image.truth 501
    expect_same <(grep -c ' aligned$' image.truth; grep -c ' anywhere$' image.truth) \
        <(printf '100\n400\n')
    local address length end=0
    while read -r _ address _ length _; do
        [ $((address)) -ge $end ] || fail "plants overlap at $address"
        end=$((address + length))
        [ $end -le 65536 ] || [ $((address)) -ge 131072 ] || fail "a plant in the hole: $address"
    done < <(grep '^plant ' image.truth)
    grep ' aligned$' image.truth | cut -d' ' -f2 | grep -v '0$' && fail "not aligned"
    grep ' aligned$' image.truth | cut -d' ' -f2 | grep -E '^0x.{1,2}$' && fail "below the range"
    return 0
}

case_overlapping_runs() {
    cat >spec <<'SPEC'
allow-overlap
run 0x1000 0x3000
run 0x2000 0x1000
run 0x3000 0x3000
plant 0x2ffe dword 78090043
SPEC
    "$mkimage" --format raw-concat --truth image.truth spec image || fail "exit status $?"
    expect_size image 0x7000
    expect_line image.truth "memory-bytes 20480"
    expect_line image.truth "plant 0x2ffe 0x1ffe 4 43000978 -"
    expect_hex image 0x1ffe "43000978" # all of it in the first run
    expect_hex image 0x3ffe "4300"     # the second run's copy
    expect_hex image 0x4000 "0978"     # the third run's
}

# ---- damage, variables, size -------------------------------------------------------------

case_damage() {
    local spec="run 0x1000 0x2000
run 0x8000 0x1000
plant 0x1000 dword 78090043 first
plant 0x8ffc dword 78090043 last"
    make image --format crash64-full <<<"$spec
break cut 2
break field number-of-runs 0xffffffff
break field number-of-pages 7
break field run[1].base 0x1122334455
break bytes 0x4ffc cccc"
    expect_size image 0x4ffe
    expect_hex image 0x88 "ffffffff"
    expect_hex image 0x90 "0700000000000000"
    expect_hex image 0xa8 "5544332211000000"
    expect_hex image 0x4ffc "cccc"
    expect_line image.truth "run 0x8000 4096 0x4000 4094"
    expect_line image.truth "plant 0x1000 0x2000 4 43000978 first"
    expect_line image.truth "lost 0x8ffc 0x4ffc 4 43000978 last"
    make image --format crash64-kernel <<<"$spec
break truncate 0x1800
break field bitmap.first-page 1
break field context.rip 2"
    expect_size image 0x1800
    expect_line image.truth "run 0x1000 8192 0x3000 0"
    make image --format elf64 <<<"$spec
break field phnum 0xfffe
break field phdr[2].memsz 0xffffffffffffffff
break field cpu[0].cr3 0x5000"
    expect_hex image 0x38 "feff"
    expect_hex image $((0x40 + 2 * 0x38 + 0x28)) "ffffffffffffffff"
    make image --format lime <<<"$spec
break field lime[1].end 0"
    expect_hex image $((0x2020 + 0x10)) "0000000000000000"
}

case_variables() {
    cat >spec <<'SPEC'
default SIZE 64K           # a comment
default NAME "a # b"
run 0 ${SIZE}*2+4K
plant 4 ascii "${NAME}\x00\"\\"  name
plant 0x40 word "1 0n10 0xff"
plant 0x50 utf16 "€𝄞"
SPEC
    "$mkimage" --set SIZE=8K --truth - spec image >truth || fail "exit status $?"
    expect_size image 20480
    expect_line truth "plant 0x4 0x4 8 612023206200225c name"
    expect_line truth "plant 0x40 0x40 6 01000a00ff00 -"
    expect_line truth "plant 0x50 0x50 6 ac2034d81edd -"
    "$mkimage" spec image || fail "exit status $?"
    expect_size image $((64 * 1024 * 2 + 4096))
}

case_sparse() {
    make image <"$specs/sparse16g.spec"
    expect_size image $((17 << 30))
    local used=$(($(stat -c '%b * %B' image)))
    [ $used -lt $((200 << 20)) ] || fail "$used bytes on disk"
    rm image
    make image --set SIZE=1T <"$specs/flood.spec"
    expect_size image $((1 << 40))
    used=$(($(stat -c '%b * %B' image)))
    [ $used -lt $((16 << 20)) ] || fail "$used bytes on disk"
    expect_hex image $(((1 << 40) - 1)) 43
}

# ---- errors ------------------------------------------------------------------------------

# expect_error MESSAGE ARGUMENTS...: exit status 2, the message, nothing left behind.
expect_error() {
    local message=$1 got
    shift
    got=$("$mkimage" "$@" 2>&1 >/dev/null)
    local status=$?
    [ $status -eq 2 ] || fail "exit status $status for: $message"
    case $got in
    *"$message"*) ;;
    *) fail "'$got', not '$message'" ;;
    esac
    [ "$(wc -l <<<"$got")" -eq 1 ] || fail "more than a line: $got"
}

# Each line: LINE:COLUMN|start of what was expected|the spec, with ; for a new line
case_errors_spec() {
    local where message spec
    while IFS='|' read -r where message spec; do
        echo "${spec//;/$'\n'}" >spec
        expect_error "mkimage: spec:$where: expected $message" spec image
        [ ! -e image ] || fail "an image in spite of: $message"
    done <<'ERRORS'
2:1|at least one 'run|seed 1
1:1|a statement|walk 0 4K
1:5|a start address (a number|run x 4K
1:7|a length (a number|run 0 4Q
1:7|a length between 0 and 2^64-1|run 0 0x10000000000000000
1:7|a length between|run 0 4K-5K
1:7|a length that is not zero|run 0 0
1:6|a length|run 0
1:21|a run below|run 0x1000000000000 0x10000000000000
1:11|the end of the line|run 0 4K  more
1:18|'every'|run 0 4K times 2 4K
2:5|a run that overlaps no other|run 0 8K;run 4K 4K
2:5|a run that overlaps no other|run 8K 8K;run 4K 8K
1:9|x86_64, x86 or x86pae|machine vax
1:6|a name that 'fact' knows|fact colour 1
1:12|a value|fact dtb 1 x
1:8|a name that 'option' knows|option dtb 1
2:13|zero, byte VALUE|run 0 4K;fill 0 4096 purple
2:15|a byte, 0 to|run 0 4K;fill 0 4 byte 256
2:17|an even number of hex|run 0 4K;fill 0 4 repeat 123
2:15|a file that can be read|run 0 4K;fill 0 4 file nowhere
2:20|folders with files|run 0 4K;fill 0 4 realistic nowhere
2:20|folders with files|run 0 4K;fill 0 4 realistic spec
2:20|folders with files|run 0 4K;fill 0 4 realistic /usr/bin:nowhere
2:19|folders|run 0 4K;fill 0 4 realistic
2:26|a span|run 0 4K;fill 0 4 pointers 0x1000 4
2:9|byte, word|run 0 4K;plant 0 float 1
2:14|hexadecimal numbers|run 0 4K;plant 0 word xyz
2:14|values of 2 bytes|run 0 4K;plant 0 word 12345
2:15|a value that is|run 0 4K;plant 0 ascii ""
2:15|text in UTF-8|run 0 4K;plant 0 utf16 "\xff"
2:1|a plant of 4 bytes at 0xffe that touches no hole|run 0 4K;plant 0xffe dword 1
2:1|a plant of 4 bytes at 0x1ffd that touches|run 0 8K;plant-crossing dword 1 every 4K in 0 16K
3:1|a plant at 0x12 that does not overlap that of line 2|run 0 4K;plant 0x10 dword 1;plant 0x12 word 1
2:1|room for 3 plants|run 0 8;plant-random 3 dword 1 in 0 8
2:16|a value of two bytes|run 0 4K;plant-crossing byte 1 every 512 in 0 4K
2:22|'in'|run 0 4K;plant-random 1 byte 1
1:7|a variable that is set|run 0 ${N}K
1:7|a closing quote|run 0 "4K
2:17|two hex digits|run 0 4K;plant 0 ascii "\xq"
2:7|truncate, cut|run 0 4K;break it
2:13|a field of raw|run 0 4K;break field phnum 1
2:13|bytes inside the file|run 0 4K;break bytes 0xfff 0000
ERRORS
}

# Each line: container|LINE:COLUMN|start of what was expected|the spec
case_errors_container() {
    local container where message spec
    while IFS='|' read -r container where message spec; do
        echo "${spec//;/$'\n'}" >spec
        expect_error "mkimage: spec:$where: expected $message" --format "$container" spec image
        [ ! -e image ] || fail "an image in spite of: $message"
    done <<'ERRORS'
crash64-full|1:5|a run of whole pages|run 0x800 4K
crash64-full|1:5|at most 42 runs|run 0 4K times 43 every 8K
crash32-full|1:5|at most 86 runs|run 0 4K times 87 every 8K
crash32-full|1:5|a run below 2^32|run 4G 4K
crash32-full|1:9|x86, which is what|machine x86pae;run 0 4K
crash32-bitmap|1:9|x86 or x86pae|machine x86_64;run 0 4K
crash64-full|1:9|x86_64, which is what|machine x86;run 0 4K
crash32-full|1:11|values of 32 bits|fact kdbg 0xfffff80000000000;run 0 4K
crash64-bitmap|1:20|at least 2 bits|option bitmap-bits 1;run 0 8K
elf32|1:5|a run below 4 GiB|run 4G 4K
elf32|2:5|runs of less than 4 GiB|run 0 4G-512;run 4G-512 512
elf64|1:23|0x1b0 or 0x1b8|option qemu-note-size 441;run 0 4K
elf64|1:11|1 to 4096|fact cpus 0;run 0 4K
elf64|2:13|a value of at most 2 bytes|run 0 4K;break field phnum 0x10000
elf64|2:13|a field of elf64|run 0 4K;break field phdr[2].type 1
ERRORS
}

case_errors_arguments() {
    echo "run 0 4K" >spec
    expect_error "mkimage: there is no format 'zip'" --format zip spec image
    expect_error "mkimage: two arguments" spec
    expect_error "mkimage: cannot open the spec nowhere" nowhere image
    expect_error "mkimage: --set needs NAME=VALUE" --set SIZE spec image
    expect_error "mkimage: --set SIZE: the spec has no" --set SIZE=1 spec image
    expect_error "mkimage: --seed needs a number" --seed x spec image
    expect_error "unrecognized option" --frobnicate spec image
    expect_error "mkimage: cannot write /dev/null" spec /dev/null
    expect_error "mkimage: cannot create" spec nowhere/image
    "$mkimage" --help | grep -q crash32pae-full || fail "--help names no containers"
    [ ! -e image ] || fail "an image in spite of the errors"
}

case_errors_writing() {
    printf 'run 0 4M\nfill 0 4M random\n' >spec
    echo old >image
    (ulimit -f 256 && expect_error "mkimage: cannot write image at offset" spec image) || exit 1
    (ulimit -f 1 && expect_error "mkimage: cannot" --truth truth spec image) || exit 1
    [ "$(cat image)" = old ] || fail "a failure changed the file that was there"
    if [ -w /dev/full ]; then
        "$mkimage" --truth - spec image >/dev/full 2>error && fail "a full disk went unnoticed"
        grep -q 'cannot write standard output' error || fail "$(cat error)"
        [ "$(cat image)" = old ] || fail "a failure changed the file that was there"
    fi
    [ ! -e truth ] || fail "a truth without an image"
}

case_interrupted() {
    printf 'run 0 64G\nfill 0 64G random\n' >spec
    "$mkimage" --truth truth spec image &
    local pid=$!
    until compgen -G 'image.*.partial' >partial_name; do
        kill -0 $pid || fail "ended too early"
    done
    kill -TERM $pid
    wait $pid
    [ $? -eq 143 ] || fail "not ended by the signal"
    if [ -e image ] || [ -e truth ]; then
        fail "output in spite of the signal"
    fi
}

# ------------------------------------------------------------------------------------------

run_case "$3"
