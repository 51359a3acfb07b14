#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of what memscan-mkimage makes of Windows:  test_modules.sh MKIMAGE SPECS_FOLDER CASE
#
# read_modules.py reads images by itself, and prints what its records and the truth do not share;
# objdump and llvm-readobj read modules that it has carved out. Exit status 77: skipped, and why.

# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"

reader=$(dirname "$(realpath "$0")")/read_modules.py
never=0x0043c1d2e5a76b19
always=0x9d1f00a2b3c4e5f7

# The start of small specs: an x64 system with pool, and the tables of its space.
start64="run 0 4M
tables 64K 256K
space k x64
map k 0xffffa00000000000 256K scatter 1M 3M nx
nt k
kdbg plain
pool 0xffffa00000000000 256K"

kernel64="module nt at k:0xfffff80001000000 scatter 1M 3M
named ntoskrnl.exe
section .text 4K code
exports First Second"

driver="module drv at k:0xfffff80002000000 scatter 1M 3M
section .text 4K code
section .data 4K zero"

# make_system: `image` from standard input behind the above.
make_system() {
    { echo "$start64"; echo "$kernel64"; cat; } >spec
    make image <spec
}

# expect_reader IMAGE [OPTIONS]: what image and truth do not share is what standard input says.
expect_reader() {
    local image=$1
    shift
    python3 "$reader" "$image" "$image.truth" "$@" >differences || fail "$image: the reader failed"
    sort differences >got
    sort >want
    diff want got || fail "$image: other differences"
}

# expect_text FILE TEXT: the file has it.
expect_text() {
    grep -qF -e "$2" "$1" || fail "no '$2' in: $(cat "$1")"
}

# ---- whole systems -----------------------------------------------------------------------

# Everything that an independent reader finds is the truth; what it cannot find is what is missing.
case_nt64() {
    "$mkimage" --truth image.truth "$specs/nt64.spec" image || fail "nt64.spec"
    expect_reader image --never $never --always $always <<'END'
image import paged 0xfffff80003402000 ? nt!RtlInitUnicodeString ? import missing named
image import paged 0xfffff80003402008 ? nt!KeBugCheckEx ? import missing named
truth import XYZFilter 0xfffff80003205000 0xfffff80002a01010 nt!ExAllocatePoolWithTag nt!ExAllocatePoolWithTag import held nameless
truth import XYZFilter 0xfffff80003205008 0xfffff80002a0a8c0 nt!SeQueryInformationToken nt!SeQueryInformationToken import held nameless
truth import XYZFilter 0xfffff80003205010 0xfffff80003581040 nt!IoCreateDevice rootkit+0x1040 import held nameless
truth import headless 0xfffff80003302180 0xfffff80002a01210 nt!ZwClose nt!ZwClose import held nameless
truth import headless 0xfffff80003302188 0xfffff80002a01190 nt!ObfDereferenceObject nt!ObfDereferenceObject import held nameless
truth import paged 0xfffff80003402000 0xfffff80002a011d0 nt!RtlInitUnicodeString nt!RtlInitUnicodeString import missing named
truth import paged 0xfffff80003402008 0xfffff80002a01110 nt!KeBugCheckEx nt!KeBugCheckEx import missing named
truth import rootkit 0xfffff80003583000 0xfffff80002a01150 nt!MmGetSystemRoutineAddress nt!MmGetSystemRoutineAddress import held nameless
truth import rootkit 0xfffff80003583008 0xfffff80002a01090 nt!IoCreateDevice nt!IoCreateDevice import held nameless
truth section headless .data 0x1e00 819 0xc8000040
truth section headless .idata 0x2180 24 0xc8000040
truth section headless .text 0x380 6720 0x68000020
truth section headless INIT 0x2200 110 0x62000020
END
    expect_line image.truth "module ghost 0xfffff80003680000 0xfffff80003682000 0x5caa2980 0xeb1be scan 2 2 ghost.sys \\SystemRoot\\System32\\drivers\\ghost.sys"
    expect_line image.truth "unloaded 0xfffff80003f00000 0xfffff80003f0f000 132223104010682368 dump_diskdump.sys"
    [ "$(stat -c %s image)" -le $((8 << 20)) ] || fail "nt64 is not small"
}

nt32_differences="image import paged 0x8a302000 ? nt!KeBugCheckEx ? import missing named
image import paged 0x8a302004 ? nt!ZwClose ? import missing named
truth import XYZFilter 0x8a102000 0x826068cc nt!SeQueryInformationToken nt!SeQueryInformationToken import held nameless
truth import XYZFilter 0x8a102004 0x8a401040 nt!IoCreateDevice rootkit+0x1040 import held nameless
truth import hal 0x82c03000 0x826010d0 nt!KeBugCheckEx nt!KeBugCheckEx import held nameless
truth import headless 0x8a2020e0 0x82601110 nt!ZwClose nt!ZwClose import held nameless
truth import paged 0x8a302000 0x826010d0 nt!KeBugCheckEx nt!KeBugCheckEx import missing named
truth import paged 0x8a302004 0x82601110 nt!ZwClose nt!ZwClose import missing named
truth section headless .data 0x1da0 819 0xc8000040
truth section headless .idata 0x20e0 8 0xc8000040
truth section headless .text 0x360 6720 0x68000020
truth section headless INIT 0x2100 71 0x62000020"

case_nt32() {
    local build
    for build in 7601 2600; do
        "$mkimage" --set BUILD=$build --truth image.truth "$specs/nt32.spec" image || fail "$build"
        expect_reader image <<<"$nt32_differences"
    done
    grep '^module headless' image.truth | grep -qF ' - 0x' || fail "a timestamp out of nothing"
}

# Headers of dumps learn where list and KDBG are; the same memory is in all containers.
case_containers() {
    local format
    "$mkimage" --format crash64-full --truth image.truth "$specs/nt64.spec" image || fail "full"
    expect_hex image 0x20 "$(number "$(field image.truth nt 4)" 8)"
    expect_hex image 0x28 "$(number "$(awk '$4 == "PsActiveProcessHead" { print $3 }' image.truth)" 8)"
    expect_hex image 0x80 "$(number "$(field image.truth nt 6)" 8)"
    "$mkimage" --format crash32pae-full --truth small.truth "$specs/nt32.spec" small || fail "32"
    expect_hex small 0x18 "$(number "$(field small.truth nt 4)" 4)"
    expect_hex small 0x60 "$(number "$(field small.truth nt 6)" 4)"
    expect_reader small <<<"$nt32_differences"
    for format in elf64 crash64-bitmap lime; do
        "$mkimage" --format $format --truth "$format.truth" "$specs/nt64.spec" $format || fail $format
        python3 "$reader" $format $format.truth --never $never --always $always >differences ||
            fail "$format: the reader failed"
        [ "$(wc -l <differences)" -eq 15 ] || fail "$format: $(cat differences)"
    done
    { echo "fact loaded-modules 0x1234"; echo "$start64"; echo "$kernel64"; } >spec
    make given --format crash64-full <spec
    expect_hex given 0x20 "3412000000000000" # what the spec says wins
}

# Two makes are one, and nothing depends on the order of frames.
case_repeatable() {
    "$mkimage" "$specs/nt64.spec" one || fail "one"
    "$mkimage" "$specs/nt64.spec" two || fail "two"
    expect_same one two
}

# ---- modules as other programs read them -------------------------------------------------

case_tools64() {
    "$mkimage" --truth image.truth "$specs/nt64.spec" image || fail "nt64.spec"
    python3 "$reader" image image.truth --never $never --always $always --carve . >/dev/null ||
        fail "the reader failed"
    objdump -p ABCMiniFilter >text 2>/dev/null || fail "objdump"
    expect_text text "Time/Date		Tue Mar 27 02:05:05 2012"
    expect_text text "DLL Name: ntoskrnl.exe"
    expect_text text "SeQueryInformationToken"
    expect_text text "800000000000004d"
    expect_text text "RSDS signature a0b1c2d3e4f5061728394a5b6c7d8e9f age 11 pdb abcminifilter.pdb"
    expect_text text "Type Table: Char: 0, Time: 00000000, Ver: 0/0, Num Names: 0, IDs: 1"
    llvm-readobj-14 --coff-exports --unwind nt >text || fail "llvm-readobj"
    expect_text text "StartAddress: (0xFFFFF80002A0A8C0)"
    expect_text text "EndAddress: (0xFFFFF80002A0AC90)"
    grep -A1 'Name: SeTokenType' text | grep -qF 'RVA: 0xA8C0' || fail "SeTokenType"
    grep -A2 'Ordinal: 77' text | grep -qF 'RVA: 0x8000' || fail "ordinal 77"
    # llvm-readobj cannot read names whose slots are bound, unless by the name table, which it reads.
    llvm-readobj-14 --coff-imports ABCMiniFilter >text || fail "llvm-readobj"
    grep -A2 'DelayImport {' text | grep -qF 'Name: XYZFilter.sys' || fail "no delayed imports"
    [ "$(grep -c 'Symbol: ' text)" -eq 10 ] || fail "$(grep -c 'Symbol: ' text) imports"
    expect_text text "Symbol: KeQueryPerformanceCounter (6)" # hints are what the exporter has
    expect_text text "Symbol:  (77)"
    objdump -h nt 2>/dev/null >text
    grep POOLCODE text | grep -qF "00001000  fffff80002a09000" || fail "POOLCODE"
}

case_tools32() {
    "$mkimage" --truth image.truth "$specs/nt32.spec" image || fail "nt32.spec"
    python3 "$reader" image image.truth --carve . >/dev/null || fail "the reader failed"
    objdump -f ABCMiniFilter 2>/dev/null | grep -qF 'pei-i386' || fail "no i386"
    llvm-readobj-14 --file-headers --coff-imports ABCMiniFilter >text || fail "llvm-readobj"
    expect_text text "ImageBase: 0x8A000000"
    expect_text text "Symbol: SeQueryInformationToken (6)"
    expect_text text "Symbol:  (1)"
    llvm-readobj-14 --coff-exports nt >text || fail "llvm-readobj"
    grep -A1 'Name: SeQueryInformationToken' text | grep -qF 'RVA: 0x68CC' || fail "the RVA"
    llvm-readobj-14 --sections hal | grep -qF 'Name: .idata' || fail "sections"
}

# ---- what modules can be -----------------------------------------------------------------

case_sections() {
    make_system <<'END'
module drv at k:0xfffff80002000000 scatter 1M 3M
align 0x20
section .text 0x123 byte 0xc3
section "a b" 0x10 repeat 0102 at 0x1000 flags 0x40000040
section .data 5 zero
entry-point .text+0x10
END
    expect_reader image </dev/null
    expect_line image.truth "section drv .text 0x3a0 291 0x68000020"
    expect_line image.truth "section drv .data 0x1020 5 0xc8000040"
    local drv
    drv=$(at image.truth 0xfffff80002000000)
    expect_hex image "$drv+0x80" "50450000 6486 0300"
    expect_hex image "$drv+0xa8" "b0030000 a0030000" # entry point and base of code
    expect_hex image "$drv+0xb8" "20000000 20000000" # alignments
    expect_hex image "$drv+0x3a0" c3c3c3
    drv=$(at image.truth 0xfffff80002001000)
    expect_hex image "$drv" 01020102
}

# A module's contents depend on the seed and on where it is, and on nothing else.
case_contents() {
    make_system <<<"$driver"
    local first
    first=$(hex image "$(at image.truth 0xfffff80002001000)" 64)
    make_system <<END
module other at k:0xfffff80003000000 scatter 1M 3M
section .text 4K code
section .data 4K random
$driver
END
    [ "$(hex image "$(at image.truth 0xfffff80002001000)" 64)" = "$first" ] || fail "other code"
    [ "$(hex image "$(at image.truth 0xfffff80003001000)" 64)" != "$first" ] || fail "the same code"
}

case_imports() {
    make_system <<END
module mid at k:0xfffff80003000000 scatter 1M 3M
section .text 4K code
export Round to ntoskrnl.First
export ByNumber to NTOSKRNL.#2
export Twice to mid.Round
export @900 at .text+0x70
export Renamed at .text+0x80 ordinal 800
$driver
import mid.sys Round ByNumber Twice @900 Renamed
import NTOSKRNL.EXE @1 Second
delay-import mid.sys Round
delay-import mid.sys bound Twice
END
    expect_reader image </dev/null
    expect_line image.truth "import drv 0xfffff80002003000 0xfffff80001001010 mid!Round nt!First import held named"
    expect_line image.truth "import drv 0xfffff80002003008 0xfffff80001001050 mid!ByNumber nt!Second import held named"
    expect_line image.truth "import drv 0xfffff80002003010 0xfffff80001001010 mid!Twice nt!First import held named"
    expect_line image.truth "import drv 0xfffff80002003018 0xfffff80003001070 mid!#900 mid!#900 import held named"
    expect_line image.truth "import drv 0xfffff80002003038 0xfffff80001001050 nt!Second nt!Second import held named"
    expect_line image.truth "import drv 0xfffff80002005000 0xfffff80002001010 mid!Round drv+0x1010 delay-unbound held named"
    expect_line image.truth "import drv 0xfffff80002005008 0xfffff80001001010 mid!Twice nt!First delay held named"
    expect_hex image "$(at image.truth 0xfffff80002003008)" "$(number 0xfffff80001001050 8)"
}

case_hooks() {
    make_system <<END
$driver
import ntoskrnl.exe First @2 Second
import gone.sys NotThere
hook First 0xfffff80009000000
hook @2 drv/.text+0x30
hook NotThere nt!Second
END
    expect_line image.truth "import drv 0xfffff80002003000 0xfffff80009000000 nt!First - import held named"
    expect_line image.truth "import drv 0xfffff80002003008 0xfffff80002001030 nt!#2 drv+0x1030 import held named"
    expect_line image.truth "import drv 0xfffff80002003010 0xfffff80001001050 nt!Second nt!Second import held named"
    expect_line image.truth "import drv 0xfffff80002003020 0xfffff80001001050 gone!NotThere nt!Second import held named"
    expect_hex image "$(at image.truth 0xfffff80002003008)" "$(number 0xfffff80002001030 8)"
}

# What is gone of names: the tables' place, or what is in it.
case_names() {
    local kind
    for kind in kept unlinked overwritten; do
        make_system <<END
$driver
import ntoskrnl.exe First
names $kind
END
        local init
        init=$(at image.truth 0xfffff80002004000)
        case $kind in
        kept) expect_hex image "$init" 28400000 ;;
        unlinked) expect_hex image "$init" 00000000 ;;
        overwritten) [ "$(hex image "$init+12" 4)" != 46400000 ] || fail "names are there" ;;
        esac
        expect_hex image "$(at image.truth 0xfffff80002003000)" "$(number 0xfffff80001001010 8)"
    done
}

case_identity() {
    make_system <<END
$driver
timestamp 0x11223344
checksum 0xa0b0c
pdb drv.pdb 00112233445566778899aabbccddeeff 3
version 1 22 333 4444
function .text+0x40 0x20
function .text+0x10 0x10
END
    expect_reader image </dev/null
    expect_line image.truth "pdb drv drv.pdb 00112233445566778899AABBCCDDEEFF 3"
    expect_line image.truth "version drv 1.22.333.4444"
    expect_hex image "$(at image.truth 0xfffff80002003020)" "33221100 5544 7766 8899aabbccddeeff 03000000"
    expect_hex image "$(at image.truth 0xfffff80002004000)" "10100000 20100000 18400000 40100000 60100000"
}

# ---- what is missing, what lies ----------------------------------------------------------

# What is gone, and how many of the 7 pages are left.
case_missing() {
    local want what
    while read -r want what; do
        make_system <<END
$driver
export Mine at .text+0x10
import ntoskrnl.exe First
missing $what
END
        [ "$(awk '$1 == "module" && $2 == "drv" { print $7 "," $9 "," $10 "," $11 }' image.truth)" = \
            "$want" ] || fail "missing $what: $(grep '^module drv' image.truth)"
    done <<'END'
list,5,drv.sys,\SystemRoot\System32\drivers\drv.sys headers
list,5,drv.sys,\SystemRoot\System32\drivers\drv.sys exports demand-zero
list,5,drv.sys,\SystemRoot\System32\drivers\drv.sys iat nothing
list,5,drv.sys,\SystemRoot\System32\drivers\drv.sys names pagefile 1 7
list,3,drv.sys,\SystemRoot\System32\drivers\drv.sys .text+0x10 8K to 0x100000000
list,0,drv.sys,\SystemRoot\System32\drivers\drv.sys all entry 0x80
list,6,-,\SystemRoot\System32\drivers\drv.sys name
list,6,drv.sys,- path
scan,6,-,- entry
list,5,drv.sys,\SystemRoot\System32\drivers\drv.sys headers
END
    expect_line image.truth "mapping k 0xfffff80002000000 4096 pagefile - wx-"
}

# Blocks that go missing share no page with others: the list stays readable around them.
case_missing_entry() {
    make_system <<END
$driver
missing path
module last at k:0xfffff80003000000 scatter 1M 3M
section .text 4K code
END
    expect_reader image </dev/null
}

case_listing() {
    make_system <<END
$driver
unlinked
missing headers
module bare at k:0xfffff80003000000 scatter 1M 3M
section .text 4K code
unlisted
missing headers
module long at k:0xfffff80004000000 scatter 1M 3M
section .text 4K code
listed-name utf16 "A\\n\\x1b" times 10922
listed-path hex 00d8ff
plant long@name word 41 name
plant long@path byte 0 path
END
    expect_reader image <<'END'
truth module bare 0xfffff80003000000 0xfffff80003002000 - 0xb3fd8 - 2 1 - -
truth section bare .text 0x1000 4096 0x68000020
truth section drv .data 0x2000 4096 0xc8000040
truth section drv .text 0x1000 4096 0x68000020
END
    grep '^module drv' image.truth | grep -qF ' pool 3 2 drv.sys' || fail "drv is not in pool"
    grep -q '^module long .* list 2 2 - -$' image.truth || fail "$(grep '^module long' image.truth)"
    # 65,532 bytes, which have pages of their own.
    expect_hex image "$(at image.truth "$(field image.truth 'vplant k' 3)")" "4100 0a00 1b00 4100"
    expect_hex image "$(at image.truth "$(awk '$1 == "vplant" && $6 == "path" { print $3 }' image.truth)")" 00d8ff
}

# Damage of the list is planted over it.
case_list_damage() {
    make_system <<END
$driver
plant drv@entry pointer nt@entry loop
plant nt@entry+8 pointer 0x1000 nowhere
plant drv@entry+0x58 word 7fff length
plant nt!PsLoadedModuleList+8 pointer drv@name into-a-name
plant drv@path+2 utf16 "?" character
END
    local entry
    entry=$(field image.truth "vplant k" 3)
    expect_hex image "$(at image.truth "$entry")" "$(grep ' loop$' image.truth | head -1 | cut -d' ' -f5)"
    [ "$(grep -c '^vplant' image.truth)" -eq 5 ] || fail "$(grep '^vplant' image.truth)"
    expect_hex image "$(at image.truth "$entry")+0x58" ff7f
}

# Plants lie over modules and pool; random ones keep clear of them.
case_plants() {
    make_system <<END
$driver
plant drv+0x1ffe dword 78090043 seam
plant drv!Mine+2 byte aa by-name
plant nt/.text+0x30 pointer drv/.data pointer
export Mine at .text+0x200
plant-random 20000 byte ee in 1M 3M
END
    expect_line image.truth "vplant k 0xfffff80002001ffe 4 43000978 seam"
    expect_line image.truth "vplant k 0xfffff80002001202 1 aa by-name"
    expect_line image.truth "vplant k 0xfffff80001001030 8 0020000200f8ffff pointer"
    expect_hex image "$(at image.truth 0xfffff80001001030)" "0020000200f8ffff"
    expect_hex image "$(at image.truth 0xfffff80002001ffe)" 4300
    expect_hex image "$(at image.truth 0xfffff80002002000)" 0978
    grep -v ' - *$' image.truth >named
    make_system <<END
$driver
export Mine at .text+0x200
plant-random 20000 byte ee in 1M 3M
END
    expect_reader image </dev/null
    [ "$(grep -c '^plant ' image.truth)" -eq 20000 ] || fail "plants are missing"
}

case_kdbg() {
    local size never
    printf '%s\n' "${start64/kdbg plain/kdbg none}" "$kernel64" >spec
    make image --format crash64-full <spec
    expect_hex image 0x80 "$(printf PAGEPAGE | od -An -tx1)"
    grep -aq KDBG image && fail "a KDBG"
    for size in 0x290 0x400; do
        printf '%s\n' "${start64/kdbg plain/kdbg plain size $size}" "$kernel64" >spec
        make image <spec
        expect_hex image "$(at image.truth "$(field image.truth nt 6)")+0x10" \
            "4b444247 $(number $size 4)"
    done
    for never in 0x40 0x7b; do # a rotation by nothing, and by more than half
        printf '%s\n' "fact build 9600" "${start64/kdbg plain/kdbg encoded $never 0}" "$kernel64" >spec
        make image <spec
        expect_reader image --never $never --always 0 </dev/null
    done
}

# ---- files -------------------------------------------------------------------------------

# The file, or the test ends.
need_file() {
    if [ ! -e "$1" ]; then
        echo "skipped: $1 is not installed (libwine)"
        exit 77
    fi
}

# Real ones: Wine's. At another base, with what they import from each other bound.
case_files64() {
    local wine=/usr/lib/x86_64-linux-gnu/wine/x86_64-windows
    need_file $wine/ntoskrnl.exe
    "$mkimage" --set WINE=$wine --truth image.truth "$specs/wine64.spec" image || fail "wine64.spec"
    expect_reader image --file hal=$wine/hal.dll \
        --file hidclass=$wine/hidclass.sys --file hidparse=$wine/hidparse.sys </dev/null
    grep '^import hidclass' image.truth |
        grep -qF ' nt!IoAttachDeviceToDeviceStack nt!IoAttachDeviceToDeviceStack import held' ||
        fail "hidclass does not use the kernel"
    grep -q '^import hidclass .* hidparse!.* hidparse!.* import held' image.truth ||
        fail "hidclass does not use hidparse"
}

# A 32-bit file, whose relocations are others.
case_files32() {
    local file=/usr/lib/x86_64-linux-gnu/wine/i386-windows/zlib1.dll
    need_file $file
    make image <<END
run 0 4M
tables 64K 256K
space k pae
map k 0x85000000 64K scatter 1M 3M
nt k
kdbg plain
pool 0x85000000 64K
module nt at k:0x82600000 scatter 1M 3M
named ntoskrnl.exe
section .text 4K code
module zlib1 at k:0x8a000000 scatter 1M 3M
file $file
END
    expect_reader image --file zlib1=$file </dev/null
}

# ---- errors ------------------------------------------------------------------------------

case_errors() {
    local start="run 0 1M;tables 64K 128K;space k x64;space e x86;nt k;pool 0xffffa00000000000 64K"
    start+=";module nt at k:0xfffff80001000000;section .text 4K code;export A"
    expect_errors "$start" "run 0 1M;tables 64K 128K;space k x64;space e x86;" <<'ERRORS'
10:8|a name of letters|module a-b at k:0
10:8|a name of 1 to 64|module "" at k:0
10:8|a name that begins with a letter|module 1a at k:0
10:8|a name that no other module has|module nt at k:0
10:10|'at'|module a k:0
10:13|SPACE:ADDRESS|module a at 0x1000
10:13|the name of one space|module a at q:0
10:13|the address of a page of x64|module a at k:0x10
10:13|the address of a page of x64|module a at k:0x800000000000
10:13|the address of a page of x86|module a at e:0x100000000
10:8|a module that ends within|module a at e:0xfffff000;section .a 4K zero
10:8|a module of at most 0x40000000 bytes|module a at k:0;section .a 4K zero at 0x3ffff000;section .b 4K zero
10:17|to PAGE, scatter|module a at k:0 here
5:1|'module NAME at SPACE:ADDRESS' on an earlier|!export A
5:1|'module NAME at SPACE:ADDRESS' on an earlier|!missing all
5:1|'nt SPACE' on an earlier line|!kdbg plain
5:1|'nt SPACE' on an earlier line|!pool 0 4K
5:1|'nt SPACE' on an earlier line|!unloaded a 0 0
5:4|a module 'nt' in the space of 'nt'|!nt k
5:4|a module 'nt' in the space of 'nt'|!nt e;module nt at k:0;section .text 4K code
5:4|the name of one space|!nt q
10:4|one system|nt k
10:7|a file's name in ASCII|named "a b"
10:7|a file's name|named ""
10:13|byte, word, dword|listed-name text a
10:19|1 to 65534 bytes|listed-name utf16 a times 32768
10:19|1 to 65534 bytes|listed-path utf16 a times 0
10:6|a file that can be read|file nothing-there
11:6|one file|file spec;file spec
7:8|a PE file that a loader takes, for nt: no signature|!nt k;pool 0 4K;module nt at k:0;file spec
7:8|lines about where nt is|!nt k;pool 0 4K;module nt at k:0;file spec;export A
10:11|a timestamp below 0x100000000|timestamp 4G
10:10|a checksum|checksum x
10:7|a power of two, 4 to 2M|align 24
10:7|a power of two, 4 to 2M|align 2
10:7|kept, unlinked or overwritten|names gone
10:9|a section's name of 1 to 8|section .too.long 4K zero
10:12|a size that is not zero|section .a 0 zero
10:12|a size below 0x40000000|section .a 1G zero
10:15|zero, byte VALUE|section .a 4K blue
10:9|a section behind 0x2000, at a multiple|section .a 4K zero at 0x1000
10:9|a section behind 0x2000, at a multiple|section .a 4K zero at 0x3010
10:13|a section or a name of nt, not '.b'|export B at .b
10:13|a place in the 0x2000 bytes of nt|export B at .text+4K
10:13|a place in the 0x2000 bytes of nt|export B at 0x2000
10:13|DLL.NAME or DLL.#ORDINAL|export B to hal
10:18|an ordinal below 0x10000|export B ordinal 64K
10:8|an ordinal of at most 65535|export @64K
10:8|a name that the module has once, not 'A'|export A
11:8|an ordinal that the module has once, not 7|export @7;export @7
11:8|an ordinal that the module has once, not 7|export @7;export B ordinal 7
12:11|more room for functions in .text|module d at k:0x10000;section .text 100 code;exports A B
11:8|a section of code on an earlier line|module d at k:0x10000;export B
10:9|'at'|label B .text
10:17|an import that a module of the machine exports, not B of|import ntoskrnl B
10:15|an import that a module of the machine exports, not B of nt.sys|import nt.sys B
10:15|an import that a module of the machine exports, not that ordinal|import nt.sys @9
10:8|a forwarder that ends|export B to nt.B;module d at k:0x10000;import nt.sys B
10:14|a name, or @|import nt.sys
10:6|an import of nt, not 'Q'|hook Q 0
12:6|an address of 32 bits|module d at e:0x10000;section .text 4K code;hook A 0x100000000;import nt.sys A
10:7|an address|hook A
12:8|a module's name before|module d at k:0x10000;import nt.sys A;hook A q+1
11:10|no function, which x86 has|module d at e:0x10000;function 0 0
10:10|a function that lies in the module|function .text 0
10:10|a function that lies in the module|function .text 1M
10:11|a GUID of 32 hex|pdb a.pdb 1234 1
10:43|an age|pdb a.pdb 00112233445566778899aabbccddeeff
10:15|a number below 0x10000|version 1 2 3 64K
10:8|headers, iat, names|missing
10:9|what nt has|missing iat
10:9|what nt has|missing names
10:9|what nt has|missing .text 1M
10:9|what nt has|missing .text 0
11:9|what d has|module d at k:0x10000;missing entry;unlisted;section .a 1 zero
10:17|to PAGE, scatter|missing headers away
10:5|plain, encoded or none|kdbg
10:13|the value of KiWaitNever|kdbg encoded
10:17|a multiple of 8|kdbg plain size 12
10:6|whole pages, below 4G|pool 0 100
10:6|an address that x64 has|pool 0x800000000000 4K
10:12|an address that x64 has|unloaded a 0x800000000000 0
7:8|more room in 'pool START LENGTH' lines|!nt k;pool 0 4K;module nt at k:0x10000;section .text 4K code;listed-name utf16 a times 4000
10:7|a module's name before + ! / or @, not 'q'|plant q+1 byte 1
10:10|entry, name or path, not 'slot'|plant nt@slot byte 1
10:10|a section or a name of nt|plant nt!B byte 1
12:9|a module that has an entry, not d|module d at k:0x10000;unlisted;plant d@entry byte 1
10:24|an address|plant nt+0x1000 pointer
10:1|a plant that lies in mapped pages|plant nt+0x1000 byte 1
10:14|byte, word, dword|plant 0x1000 pointer nt
8:8|memory that holds nothing of line|!nt k;pool 0xffffa00000000000 4K;map k 0xffffa00000000000 4K to 0x50000;module nt at k:0xfffff80001000000 to 0x50000;section .text 4K code
ERRORS
}

# ------------------------------------------------------------------------------------------

run_case "$3"
