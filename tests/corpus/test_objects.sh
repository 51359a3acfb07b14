#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of what memscan-mkimage makes of processes, threads and drivers:
#   test_objects.sh MKIMAGE SPECS_FOLDER CASE
#
# read_objects.py reads images by itself, and prints what its records and the truth do not share; bytes
# that are compared here were written by hand.

# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"

reader=$(dirname "$(realpath "$0")")/read_objects.py
never=0x0043c1d2e5a76b19
always=0x9d1f00a2b3c4e5f7

pool_bytes=128K
memory=4M

# make_system BUILD: `image` from standard input behind a small x64 system.
make_system() {
    {
        echo "fact build $1
run 0 $memory
tables 64K 256K
space k x64 root 0x8000
map k 0xffffa00000000000 $pool_bytes scatter 1M $memory-1M
nt k
kdbg plain
pool 0xffffa00000000000 $pool_bytes
module nt at k:0xfffff80001000000 scatter 1M $memory-1M
section .text 8K byte 0xcc
export First at .text+0x100
module drv at k:0xfffff80002000000 scatter 1M $memory-1M
section .text 4K byte 0xcc
entry-point .text+0x20"
        cat
    } >spec
    make image <spec
}

# make_small BUILD: the same for x86.
make_small() {
    {
        echo "fact build $1
run 0 $memory
tables 64K 256K
space k pae root 0x8000
map k 0x85000000 $pool_bytes scatter 1M $memory-1M
nt k
kdbg plain
pool 0x85000000 $pool_bytes
module nt at k:0x82600000 scatter 1M $memory-1M
section .text 8K byte 0xcc
export First at .text+0x100
module drv at k:0x8a000000 scatter 1M $memory-1M
section .text 4K byte 0xcc
entry-point .text+0x20"
        cat
    } >spec
    make image <spec
}

# expect_reader [OPTIONS]: the reader finds what the truth says, but for what is in no list and free.
expect_reader() {
    python3 -B "$reader" image image.truth "$@" >differences || fail "the reader failed"
    awk '!(/^truth process/ && $(NF - 1) == "-" || /^truth thread/ && $NF == "-" ||
           /^truth driver/ && $(NF - 2) == "-")' differences >others
    [ ! -s others ] || fail "differences: $(cat others)"
}

# object KIND NAME: the address of the record that ends with the name, or has it as its fourth word.
object() {
    awk -v kind="$1" -v name="$2" '$1 == kind && ($NF == name || $4 == name) { print $2; exit }' \
        image.truth
}

# same_at ADDRESS VALUE: a pointer of 8 bytes.
same_at() {
    expect_at "$1" "$(number "$2" 8)"
}

# ---- whole systems -----------------------------------------------------------------------

case_objects64() {
    local build
    for build in 10240 14393 16299 17763 18362 19041; do
        "$mkimage" --set BUILD=$build --truth image.truth "$specs/objects64.spec" image ||
            fail "$build"
        expect_reader --never $never --always $always
        expect_line image.truth "layout $build"
        [ "$(wc -l <differences)" -eq 3 ] || fail "$build: $(cat differences)"
    done
    [ "$(stat -c %s image)" -le $((10 << 20)) ] || fail "objects64 is not small"
    # A build between those that are known, with the layouts of the one before it or of another.
    "$mkimage" --set BUILD=18950 --truth image.truth "$specs/objects64.spec" image || fail 18950
    expect_line image.truth "layout 18362"
    expect_reader --never $never --always $always
    "$mkimage" --set BUILD=18950 --set LAYOUT=19041 --truth image.truth "$specs/objects64.spec" image ||
        fail "18950 as 19041"
    expect_line image.truth "layout 19041"
    expect_reader --never $never --always $always --layout 19041
}

case_objects7() {
    "$mkimage" --truth image.truth "$specs/objects7.spec" image || fail "objects7.spec"
    expect_reader
    [ "$(wc -l <differences)" -eq 1 ] || fail "$(cat differences)"
}

case_objects32() {
    local build
    for build in 7601 2600; do
        "$mkimage" --set BUILD=$build --truth image.truth "$specs/objects32.spec" image || fail $build
        expect_reader
        [ ! -s differences ] || fail "$(cat differences)"
    done
}

case_sessions64() {
    "$mkimage" --truth image.truth "$specs/sessions64.spec" image || fail "sessions64.spec"
    expect_reader --never $never --always $always
    [ ! -s differences ] || fail "$(cat differences)"
    # All processes of a session see the same page there, and those of another one another.
    local pages
    pages=$(awk '$1 == "mapping" && $3 == "0xfffff90000000000" { print $2, $6 }' image.truth)
    [ "$(wc -l <<<"$pages")" -eq 2 ] || fail "$pages"
    expect_line image.truth "share client 0xfffff90000000000 549755813888 service 0xfffff90000000000"
}

# Every build whose layouts are known.
case_layouts() {
    local build
    for build in 2600 3790 6002 7601 9200 9600 10240 10586 14393 15063 16299 17134 17763 18362 19041; do
        "$mkimage" --set BUILD=$build --truth image.truth "$specs/objects32.spec" image || fail $build
        expect_line image.truth "layout $build"
        expect_reader
    done
    for build in 3790 6002 7601 9200 9600 10586 15063 17134 22000; do
        "$mkimage" --set BUILD=$build --truth image.truth "$specs/objects64.spec" image || fail $build
        expect_line image.truth "layout $build"
        expect_reader --never $never --always $always
    done
    make_system 26100 <<<'process System pid 4
process b pid 8 session 1'
    expect_line image.truth "layout 26100"
    expect_reader
}

case_repeatable() {
    "$mkimage" "$specs/objects64.spec" one || fail "one"
    "$mkimage" "$specs/objects64.spec" two || fail "two"
    expect_same one two
}

# Headers of dumps learn where the list is; the same memory is in all containers.
case_containers() {
    local format list
    list=$("$mkimage" --truth - "$specs/objects64.spec" raw | awk '$4 == "PsActiveProcessHead" { print $3 }')
    for format in crash64-full crash64-bitmap elf64 lime; do
        "$mkimage" --format $format --truth image.truth "$specs/objects64.spec" image || fail $format
        expect_reader --never $never --always $always
        [ "$(wc -l <differences)" -eq 3 ] || fail "$format: $(cat differences)"
    done
    "$mkimage" --format crash64-full "$specs/objects64.spec" image || fail "full"
    expect_hex image 0x28 "$(number "$list" 8)"
}

# ---- objects -----------------------------------------------------------------------------

# OBJECT_HEADER: two counts, what leads to the type, what is before it; and the tag of its block.
case_headers() {
    local process type
    make_small 2600 <<<'process System pid 4'
    process=$(object process System)
    expect_at "$(plus "$process" -0x18)" "03000000 01000000"
    expect_at "$(plus "$process" -0xc)" "00001020" # a quota header 16 bytes below
    expect_at "$(plus "$process" -0x2c)" 50726fe3
    type=$(hex image "$(at image.truth "$(plus "$process" -0x10)")" 4)
    type=0x$(fold -w2 <<<"$type" | tac | tr -d "\n")
    expect_at "$(plus "$type" 0x40)" "0e000e00" # "Process" in UTF-16
    expect_at "$(plus "$type" 0x4c)" "07000000"

    make_system 6002 <<<'process System pid 4'
    process=$(object process System)
    expect_at "$(plus "$process" -0x30)" "0300000000000000 0100000000000000"
    expect_at "$(plus "$process" -0x18)" "00002020"
    type=0x$(hex image "$(at image.truth "$(plus "$process" -0x20)")" 8 | fold -w2 | tac | tr -d '\n')
    expect_at "$(plus "$type" 0x10)" "0e000e00"
    expect_at "$(plus "$type" 0x28)" 07

    make_system 7601 <<<'process System pid 4
driver a'
    process=$(object process System)
    expect_at "$(plus "$process" -0x5e)" "5302 50726fe3" # 0x530 bytes, allocated
    expect_at "$(plus "$process" -0x18)" "07000820"
    expect_at "$(plus "$(object driver a)" -0x18)" "1a000220"
    same_at "$(plus "$(label ObTypeIndexTable)" 8)" 0xbad0b0b0

    make_system 9600 <<<'process System pid 4'
    expect_at "$(plus "$(object process System)" -0x5c)" "50726f63"
    expect_at "$(plus "$(object process System)" -0x18)" "07000820"

    make_system 19041 <<<'process System pid 4'
    process=$(object process System)
    local cookie index
    cookie=0x$(hex image "$(at image.truth "$(label ObHeaderCookie)")" 1)
    index=0x$(hex image "$(at image.truth "$(plus "$process" -0x18)")" 1)
    [ $((index ^ cookie ^ ((process - 0x30) >> 8 & 0xff))) -eq 7 ] || fail "the index is $index"
    expect_reader
}

case_processes() {
    make_system 19041 <<'END'
process System pid 4 created 0x1122334455667788
process "a b%" pid 0x10 ppid 4 root 0x9000 user-root k session 7 peb 0x7ff000 flags 0x40 break-on-termination
process c pid 0x14 session 7 exited 0x99 hidden
process d pid 0x18 free
process exactly15bytes. pid 0x1c
END
    expect_reader
    expect_line image.truth "process $(object process a%20b%25) 16 4 0x9000 0x8000 7 0 0 0x7ff000 0x2040 list+pool a%20b%25"
    expect_line image.truth "process $(object process c) 20 0 0x8000 0x0 7 0 153 0x0 0xc pool c"
    expect_line image.truth "process $(object process d) 24 0 0x8000 0x0 - 0 0 0x0 0x0 - d"
    local head system b c d
    head=$(label PsActiveProcessHead)
    system=$(object process System)
    b=$(object process a%20b%25)
    c=$(object process c)
    d=$(object process d)
    same_at "$(plus "$(label PsInitialSystemProcess)" 0)" "$system"
    same_at "$head" "$(plus "$system" 0x448)"
    same_at "$(plus "$b" 0x448)" "$(plus "$(object process exactly15bytes.)" 0x448)"
    same_at "$(plus "$b" 0x450)" "$(plus "$system" 0x448)"
    same_at "$(plus "$c" 0x450)" "$(plus "$b" 0x448)" # what is hidden still leads to its neighbours
    expect_at "$(plus "$b" 0x440)" "1000000000000000"
    expect_at "$(plus "$b" 0x28)" "0090000000000000"
    expect_at "$(plus "$b" 0x388)" "0080000000000000"
    expect_at "$(plus "$b" 0x464)" "40200000"
    expect_at "$(plus "$b" 0x5a8)" "61206225 00"
    expect_at "$(plus "$system" 0x468)" "8877665544332211"
    expect_at "$(plus "$c" 0x570)" "0000000000000000" # no handles
    expect_at "$(plus "$d" -0x5d)" 00                 # the type of its block
}

case_threads() {
    make_small 7601 <<'END'
process System pid 4
process a pid 8
thread 0x20 of 4 state Ready wait WrQueue priority 9 start drv/.text+0x40 win32-start 0x1234 teb 0x7ffde000
thread 0x24 of 4 state 9 wait 200 terminated not-resident
thread 0x28 of 8 kernel-list
thread 0x2c of 8 process-list
thread 0x30 of 8 hidden
thread 0x34 of 8 free
END
    expect_reader
    local first
    first=$(object thread 32)
    expect_line image.truth "thread $first 4 32 1 15 9 0x8a001040 0x1234 0x7ffde000 0x0 0x0 0x0 0x0 resident - 0 kernel+process+pool"
    expect_line image.truth "thread $(object thread 36) 4 36 9 200 8 0x0 0x0 0x0 0x0 0x0 0x0 0x0 swapped terminated 0 kernel+process+pool"
    expect_line image.truth "thread $(object thread 40) 8 40 5 0 8 0x0 0x0 0x0 0x0 0x0 0x0 0x0 resident - 0 kernel+pool"
    expect_line image.truth "thread $(object thread 44) 8 44 5 0 8 0x0 0x0 0x0 0x0 0x0 0x0 0x0 resident - 0 process+pool"
    expect_line image.truth "thread $(object thread 48) 8 48 5 0 8 0x0 0x0 0x0 0x0 0x0 0x0 0x0 resident - 0 pool"
    expect_line image.truth "thread $(object thread 52) 8 52 5 0 8 0x0 0x0 0x0 0x0 0x0 0x0 0x0 resident - 0 -"
    expect_at "$(plus "$first" 0x22c)" "04000000 20000000"
    expect_at "$(plus "$first" 0x68)" 01
    expect_at "$(plus "$first" 0x187)" 0f
    expect_at "$(plus "$first" 0x3c)" 01000000
    expect_at "$(plus "$first" 0x218)" 4010008a
    expect_at "$(plus "$first" 0x150)" "$(number "$(object process System)" 4)"
    expect_at "$(plus "$(object thread 36)" 0x280)" 01000000
    expect_at "$(plus "$(object thread 36)" 0x3c)" 00000000
}

# Frames end near InitialStack; each return address has a call before it.
case_stacks() {
    make_system 19041 <<'END'
process System pid 4
thread 8 of 4 stack 0xffffd00000010000 2 scatter 1M 3M
frame nt!First+0x10 call nt/.text
frame drv/.text+0x100 by ff1511223344 gap 1
frame drv/.text+0x200 gap 0
frame drv/.text+0x300 plain
frame drv/.text+0x400 by ff5508 stale
thread 12 of 4 kernel-stack 0x1234 stack 0xffffd00000020000 1
frame drv+0x1500
map k 0xffffd00000011000 4K pagefile 0 1
END
    expect_reader
    # 8 + 2 + 1 + 6 slots, and two above them.
    local kernel=0xffffd00000011bf8
    expect_line image.truth "thread $(object thread 8) 4 8 5 0 8 0x0 0x0 0x0 0xffffd00000010000 0xffffd00000012000 0xffffd00000011c90 $kernel resident - 1 kernel+process+pool"
    expect_line image.truth "frame 8 0xffffd00000011c30 0xfffff80001001110 nt+0x1110 5 missing"
    expect_line image.truth "frame 8 0xffffd00000011c40 0xfffff80002001100 drv+0x1100 6 missing"
    expect_line image.truth "frame 8 0xffffd00000011c48 0xfffff80002001200 drv+0x1200 2 missing"
    expect_line image.truth "frame 8 0xffffd00000011c78 0xfffff80002001300 drv+0x1300 0 plain"
    expect_line image.truth "frame 8 0xffffd00000011bf0 0xfffff80002001400 drv+0x1400 3 stale"
    expect_line image.truth "thread $(object thread 12) 4 12 5 0 8 0x0 0x0 0x0 0xffffd00000020000 0xffffd00000021000 0xffffd00000020c90 0x1234 resident - 1 kernel+process+pool"
    expect_at 0xfffff8000100110b "e8f0feffff" # to 0x110 bytes before its end
    expect_at 0xfffff800020010fa "ff1511223344"
    expect_at 0xfffff800020011fd "ccffd0"
    expect_at 0xfffff800020012fc "cccccccc"
    expect_at 0xfffff800020013fd "ff5508"
    # The same with all pages there.
    sed -i '/pagefile/d; s/20000 1$/20000 1 scatter 1M 3M/' spec
    make image <spec
    expect_reader
    same_at 0xffffd00000011c30 0xfffff80001001110
    same_at 0xffffd00000011c38 0xffffd00000011c48 # between them, addresses of the stack
    same_at 0xffffd00000011bf0 0xfffff80002001400
    expect_line image.truth "frame 8 0xffffd00000011c30 0xfffff80001001110 nt+0x1110 5 held"
    # A call whose page is missing proves nothing.
    echo "map k 0xfffff80002001000 4K nothing" >>spec
    make image <spec
    expect_line image.truth "frame 8 0xffffd00000011c40 0xfffff80002001100 drv+0x1100 6 unproven"
}

case_drivers() {
    make_system 7601 <<'END'
process System pid 4
driver drv image drv in FileSystem unload drv/.text+0x80 add-device drv/.text+0x90 start-io 0x1234 flags 0x52
major all drv/.text+0x100
major 0xe pool/hook+4
major 0x1b nt!First
fast-io-size 0x20
fast-io all drv/.text+0x200
fast-io FastIoRead 0
device type 7 flags 0x50 name Disk0
device
extension drv+0x1010
driver bare start drv/.text size 0x100 init nt!First hidden
driver gone image drv free
device
block hook Hook nonpaged 0x20
directory-entry junk process@4+0x10
END
    expect_reader
    local drv table
    drv=$(object driver drv)
    expect_at "$drv" "0400 5001 00000000"
    expect_at "$(plus "$drv" 0x10)" "52000000"
    expect_at "$(plus "$drv" 0x18)" "0000000200f8ffff 00200000"
    same_at "$(plus "$drv" 0x30)" "$(plus "$drv" 0x150)" # its extension
    expect_at "$(plus "$drv" 0x38)" "1e001e00"            # \FileSystem\drv
    same_at "$(plus "$drv" 0x58)" 0xfffff80002001020      # init: the module's entry point
    same_at "$(plus "$drv" 0x60)" 0x1234
    same_at "$(plus "$drv" 0x68)" 0xfffff80002001080
    same_at "$(plus "$drv" 0x70)" 0xfffff80002001100
    same_at "$(plus "$drv" 0x148)" 0xfffff80001001100
    same_at "$(plus "$drv" 0x150)" "$drv"
    same_at "$(plus "$drv" 0x158)" 0xfffff80002001090
    table=$(awk '$1 == "driver" && $NF == "drv" { print $6 }' image.truth)
    expect_at "$table" "20000000 00000000 0012000200f8ffff 0000000000000000 0012000200f8ffff"
    expect_line image.truth "pointer $drv FastIoWrite 0xfffff80002001200 drv+0x1200"
    ! grep -qE 'FastIoRead |FastIoQueryBasicInfo' image.truth || fail "what the table does not have"
    grep -qE "^pointer $drv major-0e 0xffffa00000[0-9a-f]+ -$" image.truth || fail "the hook"
    grep -qE "^driver 0x[0-9a-f]+ 0xfffff80002001000 0x100 0x0 0x0 0x12 Driver pool - bare$" image.truth ||
        fail "bare"
    expect_line image.truth "pointer $(object driver bare) major-00 0xfffff80001001000 nt+0x1000"
    expect_line image.truth "pointer $(object driver bare) init 0xfffff80001001100 nt+0x1100"
    [ "$(grep -c "^device $drv " image.truth)" -eq 2 ] || fail "devices"
    grep "^device $drv" image.truth | head -1 | grep -q ' 0x22 0x0 -$' || fail "the last device is not first"
    grep -qE "^extension $drv 0x[0-9a-f]+ 0xfffff80002001010 drv\+0x1010$" image.truth || fail "extension"
    # What the kernel has for functions that a driver does not have.
    make_system 7601 <<'END'
driver a
module other at k:0xfffff80003000000 scatter 1M 3M
section .text 4K code
END
    sed -i 's/^export First/label IopInvalidDeviceRequest at .text+0x700\n&/' spec
    make image <spec
    expect_line image.truth "pointer $(object driver a) major-1b 0xfffff80001001700 nt+0x1700"
}

# Objects' addresses in words; plants lie over them.
case_places() {
    make_system 9600 <<'END'
process System pid 4
thread 0x10 of 4 start driver@drv+0x20 stack 0xffffd00000010000 1 scatter 1M 3M
driver drv image drv unload thread@16
plant process@4+0x2e0 dword 99 pid
plant process-header@4 qword 0 count
plant thread@0x10+0x100 byte 77
plant thread-header@16+0x18 byte 55
plant driver-header@drv+8 dword 11111111
plant drv/.text pointer driver@drv
END
    local process thread driver
    process=$(object process System)
    thread=$(object thread 16)
    driver=$(object driver drv)
    expect_at "$(plus "$process" 0x2e0)" 99000000
    expect_at "$(plus "$process" -0x30)" 0000000000000000
    expect_at "$(plus "$thread" -0x18)" 55
    expect_at "$(plus "$driver" -0x28)" 11111111
    same_at 0xfffff80002001000 "$driver"
    expect_line image.truth "pointer $driver unload $thread -"
    same_at "$(plus "$thread" 0x5f8)" "$(plus "$driver" 0x20)"
}

# Objects of which a page is missing are in no record's sources.
case_missing() {
    make_system 19041 <<'END'
process System pid 4
process a pid 8
thread 0x10 of 8
driver drv image drv
END
    local a
    a=$(object process a)
    echo "map k $(plus "$a" -$((a & 4095))) 4K pagefile 0 1" >>spec
    make image <spec
    grep -qE "^process $a .* - a$" image.truth || fail "it is there"
    expect_line image.truth "process $(object process System) 4 0 0x8000 0x0 - 0 0 0x0 0x0 list+pool System"
}

# All that can be before OBJECT_HEADER: where the body is follows from it.
case_infos() {
    local build most mask i
    memory=16M
    pool_bytes=2M
    for build in 2600 6002 7601 9600 10586 19041; do
        most=$((build < 7601 ? 0xf : build < 9600 ? 0x1f : build < 10240 ? 0x3f : 0x7f))
        echo "process System pid 0x10000" >objects
        for ((mask = 0, i = 0; mask <= most; mask++, i += 12)); do
            echo "process p$mask pid $((i + 4)) infos $mask hidden"
            echo "thread $((i + 8)) of $((i + 4)) infos $mask hidden"
            echo "driver d$mask infos $mask hidden"
        done >>objects
        if ((build >= 3790)); then
            make_system $build <objects
            expect_reader
        fi
        make_small $build <objects
        expect_reader
        [ "$(grep -c '^process .* pool p' image.truth)" -eq $((most + 1)) ] || fail "$build"
    done
}

# ---- errors ------------------------------------------------------------------------------

case_errors() {
    local start="run 0 1M;tables 64K 128K;space k x64 root 0x8000;space u x64;nt k;kdbg plain"
    start+=";pool 0xffffa00000000000 64K;module nt at k:0xfffff80001000000;section .text 4K code"
    expect_errors "$start" "run 0 1M;tables 64K 128K;space k x64;space e x86;" <<'ERRORS'
5:1|'nt SPACE' on an earlier line|!process a pid 4
5:1|'nt SPACE' on an earlier line|!thread 1 of 4
5:1|'nt SPACE' on an earlier line|!frame 0
5:1|'nt SPACE' on an earlier line|!driver a
5:1|'nt SPACE' on an earlier line|!layout 7601
10:8|a build below 0x100000000|layout 4G
10:8|a process's name|process
10:9|a process's name|process ""
10:9|a name of 1 to 15 bytes|process 0123456789abcdef pid 4
10:10|'pid N'|process a
10:11|pid, ppid, root, user-root, session, created, exited, peb, flags, break-on-termination, hidden, free or infos, not 'blue'|process a blue
10:15|a process's number below 0x100000000|process a pid 4G
11:15|a number that no other process has|process a pid 4;process b pid 4
10:16|a process's number below 0x100000000|process a ppid 4G
10:15|a space's name or an address|process a root
10:16|the name of one space|process a root q
10:16|a space with 'root ADDRESS', not 'u'|process a root u
10:21|a space with 'root ADDRESS', not 'u'|process a user-root u
7:16|'root ADDRESS', which the system's space was not given|!nt k;module nt at k:0xfffff80001000000;process a pid 4
10:19|a session's number below 0x100000000|process a session 4G
10:18|a time|process a created
10:17|a time|process a exited
10:15|an address that x64 has|process a peb 0x1000000000000000
10:17|flags below 0x100000000|process a flags 4G
10:8|a thread's number below 0x100000000|thread 4G of 4
10:9|'of'|thread 8
10:13|the number of a process on an earlier line|thread 8 of 4
12:8|a number that no other thread has|process a pid 4;thread 8 of 4;thread 8 of 4
11:21|a thread's state, or its number below 0x100|process a pid 4;thread 8 of 4 state 256
11:20|a wait reason, or its number below 0x100|process a pid 4;thread 8 of 4 wait 256
11:20|a wait reason, or its number|process a pid 4;thread 8 of 4 wait Sleep
11:24|a priority below 0x100|process a pid 4;thread 8 of 4 priority 256
11:19|an address that x64 has|process a pid 4;thread 8 of 4 teb 0x1000000000000000
11:15|state, wait, start, win32-start, teb, priority, stack, kernel-stack, not-resident, terminated, hidden, kernel-list, process-list, free or infos, not 'blue'|process a pid 4;thread 8 of 4 blue
11:21|the address of a page, and 1 to 256 pages|process a pid 4;thread 8 of 4 stack 0x10 1
11:21|the address of a page, and 1 to 256 pages|process a pid 4;thread 8 of 4 stack 0x1000 0
11:21|the address of a page, and 1 to 256 pages|process a pid 4;thread 8 of 4 stack 0x1000 257
11:21|the address of a page, and 1 to 256 pages|process a pid 4;thread 8 of 4 stack 0x7ffffffff000 2
11:20|an address|process a pid 4;thread 8 of 4 start
10:1|'thread N of PID' on an earlier line|frame 0
12:1|a thread with 'stack ADDRESS PAGES'|process a pid 4;thread 8 of 4;frame 0
12:9|call, by, plain, gap or stale, not 'blue'|process a pid 4;thread 8 of 4 stack 0x1000 1;frame 0 blue
12:12|at most 16 bytes|process a pid 4;thread 8 of 4 stack 0x1000 1;frame 0 by 0011223344556677889900112233445566
12:13|a number of slots below|process a pid 4;thread 8 of 4 stack 0x1000 1;frame 0 gap 1M
12:7|a place in a module, with 2 bytes before it|process a pid 4;thread 8 of 4 stack 0x1000 1;frame 0x1234
12:7|a place in a module, with 5 bytes before it|process a pid 4;thread 8 of 4 stack 0x1000 1;frame nt+4 call nt
12:26|an address that 32 bits reach|process a pid 4;thread 8 of 4 stack 0x1000 1;frame nt/.text+0x20 call 0x1000
11:8|frames that fit into the stack|process a pid 4;thread 8 of 4 stack 0x1000 1;frame nt+0x1020 gap 500
10:23|bits of InfoMask below 0x80|process a pid 4 infos 0x80
11:23|bits of 0xf, which build 6002 has|fact build 6002;process a pid 4 infos 0x10
11:23|bits of 0x1f, which build 7601 has|fact build 7601;process a pid 4 infos 0x20
12:21|bits of 0x3f, which build 9600 has|fact build 9600;process a pid 4;thread 8 of 4 infos 0x40
11:16|bits of 0x3f, which build 9200 has|fact build 9200;driver a infos 0x7f
12:8|no thread: it is not known what build 26100 has in them|fact build 26100;process a pid 4;thread 8 of 4
10:8|a name of 1 to 64 bytes of ASCII without|driver a\b
10:8|a name of 1 to 64 bytes of ASCII without|driver "a\xe4"
11:8|a name that no other driver has|driver a;driver a
10:10|image, in, start, size, init, start-io, unload, flags, add-device, hidden, free or infos, not 'blue'|driver a blue
10:8|the name of a module behind 'image', not 'b'|driver a image b
10:13|'Driver'|driver a in Device
10:15|a size below 0x100000000|driver a size 4G
10:16|flags below 0x100000000|driver a flags 4G
10:1|'driver NAME' on an earlier line|major 0 0
10:1|'driver NAME' on an earlier line|fast-io all 0
10:1|'driver NAME' on an earlier line|fast-io-size 8
10:1|'driver NAME' on an earlier line|device
10:1|'driver NAME' on an earlier line|extension 0
11:7|all or a major function below 0x1c|driver a;major 0x1c 0
11:8|an address|driver a;major 0
11:9|all or a name of FAST_IO_DISPATCH|driver a;fast-io FastIoBlue 0
11:14|a size of 4 to 224|driver a;fast-io-size 0xe8
11:14|a size of 4 to 224|driver a;fast-io-size 3
11:8|name, type or flags, not 'blue'|driver a;device blue
11:13|a name of 1 to 64 bytes of ASCII without|driver a;device name a\b
11:13|a type below 0x100000000|driver a;device type 4G
11:14|flags below 0x100000000|driver a;device flags 4G
10:18|an address|directory-entry a
10:15|the number of a process|plant process@8 byte 0
10:14|the number of a thread|plant thread@8 byte 0
10:14|the name of a driver, not 'b'|plant driver@b byte 0
11:17|a distance|process a pid 4;plant process@4+x byte 0
ERRORS
}

run_case "$3"
