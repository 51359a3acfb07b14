#!/bin/bash
# SPDX-License-Identifier: MIT
#
# guest.sh LAYOUT: has make-guest dump a small Linux machine, and compares what memscan finds there with where the
# machine's own kernel has put it. Everything must be found, and nothing else.
#
# Wanted in the environment: MEMSCAN, the program; GUEST_MARKER, the guest's program; GUEST_FOLDER, where dumps may
# go and where fetch-kernel has put a kernel. Dumps are removed at the end; with MEMSCAN_GUEST_KEEP they stay, and
# the next run reads them instead of booting a guest.
set -u -o pipefail
export LC_ALL=C
unset MEMSCAN_SIMD
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
layout=${1:?plain, split, la57 or pti}
MEMSCAN=$(realpath -e "${MEMSCAN:?names no program}") || exit 1
GUEST_MARKER=${GUEST_MARKER:+$(realpath "$GUEST_MARKER")}
folder=$(realpath -m "${GUEST_FOLDER:?names no folder}/$layout") || exit 1
failures=0
scalar=false # whether this memscan has no other kernels
maker=

skip() {
    echo "skipped: $*"
    exit 77
}

complain() {
    echo "guest.sh: $*"
    failures=$((failures + 1))
}

clean_up() {
    if [[ -n $maker ]]; then
        kill "$maker" 2>/dev/null
        wait "$maker" 2>/dev/null
    fi
    [[ -n ${MEMSCAN_GUEST_KEEP-} ]] || rm -rf "$folder"
}

memscan() {
    timeout 120 "$MEMSCAN" "$@"
}

# == The guest ==

have_guest() {
    [[ -n ${MEMSCAN_GUEST_KEEP-} && -f truth ]] && "$GUEST_MARKER" patterns | cmp -s - patterns
}

# In the background, as signals are handled only between commands of the foreground.
make_guest() {
    local kernel tool
    [[ -x $GUEST_MARKER ]] || skip "no program for the guest: that needs gcc on x86-64 and a static C library"
    have_guest && return
    for tool in qemu-system-x86_64 cpio; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
    kernel=$("$here/fetch-kernel" --offline "${folder%/*}" 2>&1) || {
        [[ -z ${MEMSCAN_GUEST_KERNEL-} ]] || { echo "$kernel" && exit 1; }
        skip "$kernel"
    }
    setpriv --pdeathsig TERM "$here/make-guest" "$layout" "$GUEST_MARKER" "$kernel" "$folder" &
    maker=$!
    wait "$maker" || exit 1
    maker=
}

# What is searched for, and which hits there are in physical memory, in the kernel's half with what that leaves out, in
# the process with the kernel, and in the process alone: lines of SPACE ADDRESS PATTERN LENGTH. A memscan without
# Hyperscan has no regexes: their pattern, which is the last, is left out.
choose_patterns() {
    local last match='(physical|kernel|unmapped|user) [0-9a-f]{16} '
    last=$(($(wc -l <patterns) - 1))
    cp patterns searched && grep -E "^$match" truth | sort -u >hits || exit 1
    memscan --version | grep -qx 'simd kernels: scalar' && scalar=true
    if memscan --version | grep -q '^hyperscan: none'; then
        head -n "$last" patterns >searched
        grep -vE "^$match$last " hits >hits.fixed
        mv hits.fixed hits
    fi
    grep '^physical ' hits >hits.physical
    grep -E '^(kernel|unmapped) ' hits >hits.default
    grep -E '^(user|kernel) ' hits | sed 's/^[a-z]*/root/' | sort >hits.root
    grep '^user ' hits | sed 's/^user/root/' >hits.user
}

# The root of the page tables that the processor used, and of the full ones of the same process.
choose_roots() {
    used=$(sed -n 's/^fact page_table_root //p' truth)
    root=$used
    [[ $layout != pti ]] || root=$(printf '0x%x' $((used & ~0x1000)))
}

# ranges NAME: of the truth, memory or ram, as options a line; bytes NAME: how many these are.
ranges() {
    sed -nE "s/^$1 ([0-9a-f]+) ([0-9a-f]+)\$/--range\n\1,\2/p" truth
}

bytes() {
    local first last sum=0
    while read -r first last; do
        sum=$((sum + 16#$last - 16#$first + 1))
    done < <(sed -n "s/^$1 //p" truth)
    echo $sum
}

# == What is found ==

# Hexadecimal words on standard input with zeros in front of them, to 16 digits.
pad() {
    sed -E ':again; s/\b0x([0-9a-f]{1,15})\b/0x0\1/; t again; s/\b0x//g'
}

# The hits in jsonl on standard input as lines of the truth; repeated ones each. Of a space root:ADDR the name is root.
unfold() {
    local space address pattern length repeat stride i
    sed -nE -e 's/^\{"type":"hit","space":"([a-z]+)[^"]*","address":"(0x[0-9a-f]+)",/\1_\2 /' -e T \
        -e 's/ .*"pattern":([0-9]+),"length":([0-9]+),"bytes":"[0-9a-f?]*"/ \1 \2/' -e T \
        -e 's/(,"repeat":([0-9]+),"stride":([0-9]+))?\}$/ \2 \3/' -e T -e 's/_/ /' -e 's/ *$//p' >unfolded
    awk 'NF == 4' unfolded | pad
    awk 'NF == 6' unfolded | while read -r space address pattern length repeat stride; do
        for ((i = 0; i < repeat; i++)); do
            printf '%s %016x %d %d\n' "$space" $((address + i * stride)) "$pattern" "$length"
        done
    done
}

# same WHAT EXPECTED ACTUAL: whether two files have the same lines.
same() {
    cmp -s "$2" "$3" && return
    complain "$1: < should be there, > is"
    diff "$2" "$3" | grep '^[<>]' | head -n 20
}

# check_hits WHICH ARGUMENT...: of one search, and their number as memscan counts them. A kernel maps some devices,
# which are not in the image.
check_hits() {
    local which=$1 coverage=99%
    [[ $which != physical ]] || coverage=100%
    shift
    memscan --quiet --format jsonl --require-coverage $coverage -f searched "$@" >found.jsonl ||
        complain "memscan $*: status $?"
    unfold <found.jsonl | sort >found
    same "memscan $*" "hits.$which" found
    tail -n 1 found.jsonl | grep -q "^{\"type\":\"end\",\"hits\":$(wc -l <"hits.$which")," ||
        complain "memscan $*: the count is wrong: $(tail -n 1 found.jsonl)"
}

# check_addresses WHICH ARGUMENT...: in their order, as -1 prints them.
check_addresses() {
    local which=$1
    shift
    cut -d' ' -f2 "hits.$which" >addresses
    memscan --quiet -1 -f searched "$@" | tr -d 'p:`' | sed 's/^/0x/' | pad >found
    same "memscan -1 $*" addresses found
}

ways=("--threads 1" "--threads 2 --no-mmap --chunk 65536" "--simd scalar --chunk 4096")

# The holes of guest.raw are searched too, but not by a kernel that takes minutes for gigabytes.
check_physical() {
    local way memory=() whole=()
    mapfile -t memory < <(ranges memory)
    $scalar && whole=("${memory[@]}")
    check_hits physical --space physical "${whole[@]}" guest.raw
    check_hits physical --space physical guest.elf
    check_hits physical --space physical paged.elf
    for way in "${ways[@]}"; do
        # shellcheck disable=SC2086 # several words
        check_hits physical $way --space physical guest.elf
        # shellcheck disable=SC2086
        check_hits physical $way --space physical "${memory[@]}" guest.raw
    done
    check_addresses physical --space physical guest.elf
    check_addresses physical --space physical "${whole[@]}" guest.raw
}

check_spaces() {
    local way
    check_hits root --space "root:$root" guest.raw
    check_hits default guest.elf
    $scalar || check_hits default guest.raw
    [[ $root == "$used" ]] || check_hits user --space "root:$used" guest.elf
    for way in "${ways[@]}"; do
        # shellcheck disable=SC2086
        check_hits root $way --space "root:$root" guest.elf
    done
    check_addresses root --space "root:$root" guest.elf
}

# Without the hole between its stretches of memory, a raw file is understood too, and that is said.
check_cut() {
    [[ -f cut.raw ]] || return
    memscan info cut.raw >found 2>&1 || complain "info cut.raw: status $?"
    # shellcheck disable=SC2016 # backticks are meant
    grep -q '^layout  *without p:00000000`08000000-p:00000000`ffffffff,' found || complain "cut.raw: $(cat found)"
    check_hits default cut.raw
    check_hits root --hole 8000000,ffffffff --space "root:$root" cut.raw
}

# A text with all the addresses of its bytes, as one hit.
check_once() {
    grep ' 2 [0-9]*$' hits.root | cut -d' ' -f2 >expected
    memscan --quiet --format jsonl --once --space "root:$root" -a "$(pattern_value 2)" guest.elf |
        sed -E 's/"address":.*"mappings"/"mappings"/' | grep -oE '"address":"0x[0-9a-f]+' | cut -d'"' -f4 |
        pad | sort >found
    same "--once" expected found
}

# == What it is ==

# Reads what memscan info says of guest.elf. There should be two runs, with a hole between them: a value of each run
# is in end[i], say, as 0x...
read_info() {
    local run='"start":"(0x[0-9a-f]+)","end":"(0x[0-9a-f]+)","presence":"present","offset":"(0x[0-9a-f]+)"'
    memscan info --format jsonl guest.elf >info || complain "info: status $?"
    # shellcheck disable=SC2046 # words
    set -- $(grep -oE "$run" info | sed -E "s/$run/\\1 \\2 \\3/")
    [[ $# == 6 ]] || { complain "not two runs: $(cat info)" && exit 1; }
    start=("$1" "$4") end=("$2" "$5") offset=("$3" "$6")
    present=$(sed -nE 's/.*"present":([0-9]+).*/\1/p' info)
}

# What the guest, its kernel and QEMU's monitor said of themselves.
check_facts() {
    local name value
    grep -q '"format":"elf64","machine":"x86_64"' info || complain "not an elf64 of an x86_64: $(cat info)"
    grep -q '"warnings":\[\]' info || complain "warnings: $(cat info)"
    while read -r _ name value; do
        grep -q "\"$name\":\"$value\"" info || complain "info does not say $name $value: $(cat info)"
    done < <(grep '^fact ' truth)
}

# expect_root NUMBER FILE PAGING ADDRESS ORIGIN: of the roots that memscan info lists.
expect_root() {
    local found expected="\"paging\":\"$3\",\"address\":\"$4\",\"origin\":\"$5\""
    found=$(memscan info --format jsonl "$2" | grep -oE '"paging":"[^}]*' | sed -n "$1p")
    [[ $found == "$expected"* ]] || complain "info $2: root $1: $found; expected: $expected"
}

# Told by the ELF notes, where a processor that ran a program may have used other ones than the kernel; else found in
# memory by how a Linux kernel looks.
check_roots() {
    local paging=x64 full='' text table
    [[ $layout != la57 ]] || paging=x64-5
    [[ $root == "$used" ]] || full=', full root'
    text=$(symbol _text 4) table=$(symbol init_top_pgt 4)
    expect_root 1 guest.elf $paging "$root" "QEMU note of processor 0$full"
    [[ $root == "$used" ]] || expect_root 2 guest.elf $paging "$used" "QEMU note of processor 0"
    expect_root 1 guest.raw $paging "$(printf '0x%x' 0x"$table")" "$(printf 'Linux kernel at 0x%x' 0x"$text")"
}

# The runs are the machine's memory, and its firmware, of a size that is QEMU's choice, right below 4 GiB. What
# lies at 4 GiB touches that.
check_runs() {
    local firmware=$((present - $(bytes memory))) expected
    expected="0x0-0x7ffffff $(printf '0x%x' $(((1 << 32) - firmware)))"
    case $layout in
    split) expected+=-0x103ffffff ;;
    *) expected+=-0xffffffff ;;
    esac
    [[ "${start[0]}-${end[0]} ${start[1]}-${end[1]}" == "$expected" ]] ||
        complain "the runs are not $expected: $(cat info)"
}

# expect_coverage ASKED SCANNED SPACE ARGUMENT...: of a search for something that is nowhere.
expect_coverage() {
    local expected="\"asked\":$1,\"scanned\":$2," space=$3 line
    shift 3
    line=$(memscan --quiet --format jsonl --space "$space" -x 00112233445566778899aabbccddeeff55 "$@" | tail -n 1)
    [[ $line == *"$expected"* ]] || complain "memscan $*: $line; expected: $expected"
}

# Each byte that the file holds is looked at, and each that it does not hold is told.
check_coverage() {
    local hole=$((start[1] - end[0] - 1))
    expect_coverage "$present" "$present" physical guest.elf
    expect_coverage $((end[1] + 1)) "$present" physical --range "0,${end[1]}" guest.elf
    printf '{"type":"gap","space":"physical","start":"0x%x","end":"0x%x","bytes":%d,"reason":"unmapped"}\n' \
        $((end[0] + 1)) $((start[1] - 1)) $hole >expected
    memscan --quiet --format jsonl --space physical --gaps -q 1 --range "0,${end[1]}" guest.elf | grep '"gap"' >found
    same "--gaps" expected found
}

# What QEMU and the guest's kernel take for memory is there.
check_memory() {
    local name options=()
    for name in memory ram; do
        mapfile -t options < <(ranges $name)
        expect_coverage "$(bytes $name)" "$(bytes $name)" physical "${options[@]}" guest.elf
        expect_coverage "$(bytes $name)" "$(bytes $name)" physical "${options[@]}" guest.raw
    done
}

# == Translation ==

# symbol NAME FIELD: of the truth, its virtual (3) or physical (4) address.
symbol() {
    grep "^symbol $1 " truth | cut -d' ' -f"$2"
}

# The virtual and physical addresses that v2p and p2v say in jsonl on standard input, sorted.
pairs() {
    sed -nE -e 's/.*"address":"(0x[0-9a-f]+)",.*"physical":"(0x[0-9a-f]+)".*/\1 \2/p' -e t \
        -e 's/.*"physical":"(0x[0-9a-f]+)",.*"address":"(0x[0-9a-f]+)".*/\2 \1/p' | pad | sort
}

# All addresses of each page, one way and the other, at an offset into the pages.
check_pages() {
    sed -nE 's/^page [a-z]* ([0-9a-f]*)000 ([0-9a-f]*)000$/\15a8 \25a8/p' truth | sort -u >expected
    cut -d' ' -f1 expected | memscan v2p --format jsonl --space "root:$root" - "$1" | pairs >found
    same "v2p - $1" expected found
    cut -d' ' -f2 expected | sort -u | memscan p2v --format jsonl --space "root:$root" - "$1" | pairs >found
    same "p2v - $1" expected found
}

# Pages between two others of the process that are not present.
check_holes() {
    local at before
    while read -r at; do
        memscan v2p --format jsonl --space "root:$root" "$at" guest.elf >found
        grep -q '"state":"unmapped"' found || complain "v2p $at: it should be unmapped: $(cat found)"
        before=$(printf '%x' $((16#$at - 4096)))
        expect_coverage 12288 8192 "root:$root" --range "$before+3000" guest.elf
        printf '{"type":"gap","space":"root:%s","start":"0x%x","end":"0x%x","bytes":4096,"reason":"unmapped"}\n' \
            "$root" $((16#$at)) $((16#$at + 4095)) >expected
        memscan --quiet --format jsonl --space "root:$root" --gaps -q 1 --range "$before+3000" guest.elf |
            grep '"gap"' >found
        same "--gaps at $at" expected found
    done < <(sed -n 's/^hole //p' truth)
}

# The kernel's text about itself is where its symbol is.
check_banner() {
    local at physical release file
    at=$(symbol linux_banner 3) physical=$(symbol linux_banner 4)
    release=$(sed -n 's/^fact os_release //p' truth)
    for file in guest.elf guest.raw; do
        memscan --quiet --format jsonl --space kernel -a "Linux version $release " "$file" >found.jsonl
        grep -q "\"address\":\"0x$at\",\"physical\":\"$(printf '0x%x' 0x"$physical")\"" found.jsonl ||
            complain "$file: no linux_banner at $at: $(cat found.jsonl)"
        memscan v2p --format jsonl "$at" "$file" | pairs >found
        echo "$at $physical" >expected
        same "v2p $at $file" expected found
    done
}

# == At an address ==

# In the file, one run follows on the other. In memory they do not: bytes on both sides of that border are no match.
check_border() {
    local bytes at=$((end[0] - 7)) # of eight bytes at the end of a run, behind which eight of the next follow
    bytes=$(od -An -v -tx1 -j $((offset[1] - 8)) -N 16 guest.elf | tr -d ' \n')
    memscan --quiet -1 --space physical -x "${bytes:0:16}" --range "$(printf '%x+8' $at)" guest.elf >found ||
        complain "$bytes: its first half should be found at the end of a run"
    memscan --quiet -1 --space physical -x "$bytes" guest.elf | tr -d 'p:`' | grep -qx "$(printf '%016x' $at)" &&
        complain "$bytes: found over the end of a run"
}

# pattern_value NUMBER: as it was asked for.
pattern_value() {
    sed -n "$(($1 + 1))p" patterns | cut -d' ' -f2
}

# expect_dump KIND NUMBER EXPECTED: at the pattern's first and last hit, by physical address and in the process.
expect_dump() {
    local address length line space
    for space in physical root; do
        for line in "$(grep -m 1 " $2 [0-9]*\$" hits.$space)" "$(grep " $2 [0-9]*\$" hits.$space | tail -n 1)"; do
            read -r _ address _ length <<<"$line"
            memscan dump "$1" --space "${space/root/root:$root}" "$(printf '%s+%x' "$address" "$length")" \
                guest.elf >found || complain "dump $1 $line: status $?"
            grep -qF -- "$3" found || complain "dump $1 $line: $(cat found); expected: $3"
        done
    done
}

check_dump() {
    expect_dump -d 0 "  $(pattern_value 0)  "
    expect_dump -a 2 "\"$(pattern_value 2)\""
    expect_dump -u 4 "\"$(pattern_value 4)\""
}

# QEMU's compressed dump is refused by its name.
check_kdump() {
    local status=0
    memscan -f searched guest.kdump >found 2>&1 || status=$?
    [[ $status == 2 && $(cat found) == *"flattened makedumpfile dump"* ]] ||
        complain "guest.kdump: status $status: $(cat found)"
}

trap clean_up EXIT
trap 'exit 130' INT TERM HUP
[[ -n ${MEMSCAN_GUEST_KEEP-} ]] || rm -rf "$folder" # of a run that was killed
mkdir -p "$folder" && cd "$folder" || exit 1
make_guest
choose_patterns
choose_roots
read_info
check_facts
check_runs
check_roots
check_coverage
check_memory
[[ $layout != plain && $layout != split ]] || check_physical # in the others it is the same
check_spaces
check_cut
check_once
check_pages guest.elf
check_pages guest.raw
check_holes
check_banner
check_border
check_dump
check_kdump
echo "guest.sh: $layout: $(wc -l <hits) places, $(grep -c '^apart\|^cut\|^torn' truth) that match nowhere or in the" \
    "process alone; $failures failures"
[[ $failures == 0 ]]
