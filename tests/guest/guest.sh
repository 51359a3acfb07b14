#!/bin/bash
# SPDX-License-Identifier: MIT
#
# guest.sh plain|split: has make-guest dump a small Linux machine, and compares what memscan finds there with where the
# machine's own kernel has put it. Everything must be found, and nothing else.
#
# Wanted in the environment: MEMSCAN, the program; GUEST_MARKER, the guest's program; GUEST_FOLDER, where dumps may
# go and where fetch-kernel has put a kernel. Dumps are removed at the end; with MEMSCAN_GUEST_KEEP they stay, and
# the next run reads them instead of booting a guest.
set -u -o pipefail
export LC_ALL=C
unset MEMSCAN_SIMD
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
layout=${1:?plain or split}
MEMSCAN=$(realpath -e "${MEMSCAN:?names no program}") || exit 1
GUEST_MARKER=${GUEST_MARKER:+$(realpath "$GUEST_MARKER")}
folder=$(realpath -m "${GUEST_FOLDER:?names no folder}/$layout") || exit 1
failures=0
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

# A memscan without Hyperscan has no regexes: leaves out their pattern, which is the last.
choose_patterns() {
    local last
    last=$(($(wc -l <patterns) - 1))
    cp patterns searched && grep '^hit ' truth | sort -u >hits || exit 1
    memscan --version | grep -q '^hyperscan: none' || return
    head -n "$last" patterns >searched
    grep -v "^hit [0-9a-f]* $last " hits >hits.fixed
    mv hits.fixed hits
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

# The hits in jsonl on standard input as lines of the truth; repeated ones each.
unfold() {
    local address pattern length repeat stride i
    sed -nE -e 's/^\{"type":"hit","space":"physical","address":"(0x[0-9a-f]+)",/\1 /' -e T \
        -e 's/ .*"pattern":([0-9]+),"length":([0-9]+),"bytes":"[0-9a-f?]*"/ \1 \2/' -e T \
        -e 's/(,"repeat":([0-9]+),"stride":([0-9]+))?\}$/ \2 \3/p' |
        while read -r address pattern length repeat stride; do
            for ((i = 0; i < ${repeat:-1}; i++)); do
                printf 'hit %016x %d %d\n' $((address + i * ${stride:-0})) "$pattern" "$length"
            done
        done
}

# same WHAT EXPECTED ACTUAL: whether two files have the same lines.
same() {
    cmp -s "$2" "$3" && return
    complain "$1: < should be there, > is"
    diff "$2" "$3" | grep '^[<>]' | head -n 20
}

# Checks the hits of one search, and their number as memscan counts them.
check_hits() {
    memscan --quiet --format jsonl --require-coverage 100% -f searched "$@" >found.jsonl ||
        complain "memscan $*: status $?"
    unfold <found.jsonl | sort >found
    same "memscan $*" hits found
    tail -n 1 found.jsonl | grep -q "^{\"type\":\"end\",\"hits\":$(wc -l <hits)," ||
        complain "memscan $*: the count is wrong: $(tail -n 1 found.jsonl)"
}

# The addresses in their order, as -1 prints them.
check_addresses() {
    local address
    cut -d' ' -f2 hits | sed 's/^/0x/' >addresses
    memscan --quiet -1 -f searched "$@" | tr -d 'p:`' | while read -r address; do
        printf '0x%016x\n' $((16#$address))
    done >found
    same "memscan -1 $*" addresses found
}

# The holes of guest.raw are searched too, but not by a kernel that takes minutes for gigabytes.
check_searches() {
    local way memory=() whole=()
    local ways=("--threads 1" "--threads 2 --no-mmap --chunk 65536" "--simd scalar --chunk 4096")
    mapfile -t memory < <(ranges memory)
    memscan --version | grep -qx 'simd kernels: scalar' && whole=("${memory[@]}")
    check_hits "${whole[@]}" guest.raw
    check_hits guest.elf
    check_hits paged.elf
    for way in "${ways[@]}"; do
        # shellcheck disable=SC2086 # several words
        check_hits $way guest.elf
        # shellcheck disable=SC2086
        check_hits $way "${memory[@]}" guest.raw
    done
    check_addresses guest.elf
    check_addresses "${whole[@]}" guest.raw
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

# The runs are the machine's memory, and its firmware, of a size that is QEMU's choice, right below 4 GiB. What
# lies at 4 GiB touches that.
check_runs() {
    local firmware=$((present - $(bytes memory))) expected
    expected="0x0-0x7ffffff $(printf '0x%x' $(((1 << 32) - firmware)))"
    case $layout in
    plain) expected+=-0xffffffff ;;
    split) expected+=-0x103ffffff ;;
    esac
    [[ "${start[0]}-${end[0]} ${start[1]}-${end[1]}" == "$expected" ]] ||
        complain "the runs are not $expected: $(cat info)"
}

# expect_coverage ASKED SCANNED ARGUMENT...: of a search for something that is nowhere.
expect_coverage() {
    local expected="\"asked\":$1,\"scanned\":$2," line
    shift 2
    line=$(memscan --quiet --format jsonl -x 00112233445566778899aabbccddeeff55 "$@" | tail -n 1)
    [[ $line == *"$expected"* ]] || complain "memscan $*: $line; expected: $expected"
}

# Each byte that the file holds is looked at, and each that it does not hold is told.
check_coverage() {
    local hole=$((start[1] - end[0] - 1))
    expect_coverage "$present" "$present" guest.elf
    expect_coverage $((end[1] + 1)) "$present" --range "0,${end[1]}" guest.elf
    printf '{"type":"gap","space":"physical","start":"0x%x","end":"0x%x","bytes":%d,"reason":"unmapped"}\n' \
        $((end[0] + 1)) $((start[1] - 1)) $hole >expected
    memscan --quiet --format jsonl --gaps -q 1 --range "0,${end[1]}" guest.elf | grep '"gap"' >found
    same "--gaps" expected found
}

# What QEMU and the guest's kernel take for memory is there.
check_memory() {
    local name options=()
    for name in memory ram; do
        mapfile -t options < <(ranges $name)
        expect_coverage "$(bytes $name)" "$(bytes $name)" "${options[@]}" guest.elf
        expect_coverage "$(bytes $name)" "$(bytes $name)" "${options[@]}" guest.raw
    done
}

# == At an address ==

# In the file, one run follows on the other. In memory they do not: bytes on both sides of that border are no match.
check_border() {
    local bytes at=$((end[0] - 7)) # of eight bytes at the end of a run, behind which eight of the next follow
    bytes=$(od -An -v -tx1 -j $((offset[1] - 8)) -N 16 guest.elf | tr -d ' \n')
    memscan --quiet -1 -x "${bytes:0:16}" --range "$(printf '%x+8' $at)" guest.elf >found ||
        complain "$bytes: its first half should be found at the end of a run"
    memscan --quiet -1 -x "$bytes" guest.elf | tr -d 'p:`' | grep -qx "$(printf '%016x' $at)" &&
        complain "$bytes: found over the end of a run"
}

# pattern_value NUMBER: as it was asked for.
pattern_value() {
    sed -n "$(($1 + 1))p" patterns | cut -d' ' -f2
}

# expect_dump KIND NUMBER EXPECTED: at the pattern's first and last hit.
expect_dump() {
    local address length line
    for line in "$(grep -m 1 " $2 [0-9]*\$" hits)" "$(grep " $2 [0-9]*\$" hits | tail -n 1)"; do
        read -r _ address _ length <<<"$line"
        memscan dump "$1" "$(printf '%s+%x' "$address" "$length")" guest.elf >found || complain "dump $1: status $?"
        grep -qF -- "$3" found || complain "dump $1 $address: $(cat found); expected: $3"
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
read_info
check_facts
check_runs
check_coverage
check_memory
check_searches
check_border
check_dump
check_kdump
echo "guest.sh: $layout: $(wc -l <hits) places, $(grep -c '^apart\|^cut' truth) that must not match; $failures failures"
[[ $failures == 0 ]]
