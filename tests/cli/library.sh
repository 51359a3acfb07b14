# SPDX-License-Identifier: MIT
#
# What tests share: each begins with . "$TEST_LIBRARY".

# Prints the command, runs memscan with it and prints its exit status.
run() {
    printf '$ memscan'
    [[ $# -gt 0 ]] && printf ' %q' "$@"
    printf '\n'
    "$MEMSCAN" "$@"
    printf '[exit %d]\n' $?
}

# hex DIGITS...: the bytes.
hex() {
    local digits
    digits=$(printf '%s' "$@" | tr -d ' ')
    printf '%b' "$(printf '%s' "$digits" | sed 's/../\\x&/g')"
}

# le64 NUMBER: eight bytes, lowest first.
le64() {
    local i
    for ((i = 0; i < 64; i += 8)); do
        printf '%b' "\\x$(printf '%02x' $(($1 >> i & 255)))"
    done
}

# zeros FILE BYTES: a file of zeros, without blocks on the disk.
zeros() {
    truncate -s "$2" "$1"
}

# poke FILE OFFSET: puts standard input there.
poke() {
    dd of="$1" bs=4096 oflag=seek_bytes seek=$(($2)) conv=notrunc status=none
}

# lime_run START LAST: the header of a run in a LiME file; its bytes follow.
lime_run() {
    hex 45 4d 69 4c 01 00 00 00
    le64 $(($1))
    le64 $(($2))
    le64 0
}

# One page at 0x1000 and one at 0x3000; the DWORD 78090043 stands at their starts and, across the end
# of the first, where nothing follows.
lime_with_hole() {
    zeros page 4096
    hex 43000978 52656666 | poke page 0
    hex 43000978 | poke page 4088
    hex 4300 | poke page 4094
    {
        lime_run 0x1000 0x1fff
        cat page
        lime_run 0x3000 0x3fff
        cat page
    } >"$1"
}

# 4096 bytes of all kinds of things to find.
small_raw() {
    zeros "$1" 4096
    hex 43000978 00000002 00002222 00004002 | poke "$1" 0x10
    printf 'Se  tag, then SECRET words' | poke "$1" 0x41
    printf 's\0e\0c\0r\0e\0t\0!\0' | poke "$1" 0x81
    hex 0001020304050607 08090a0b0c0d0e0f fefdfcfbfaf9f8f7 | poke "$1" 0xc0
    printf 'QQQQQ' | poke "$1" 0x101
    hex 488b05c3 488bffc3 | poke "$1" 0x123
    hex 43000978 | poke "$1" 0xffc
}

# build FORMAT OUT [OPTION...]: an image of the spec on standard input.
build() {
    local format=$1 out=$2
    shift 2
    "$MKIMAGE" --format "$format" "$@" - "$out"
}

# A small x64 machine in a dump that says it is Windows, with page tables at 1000. Of its kernel's
# pages, at fffff80000000000:
#   0  p:11000, with what is in front of a seam: p:12000 follows in physical memory, p:13000 here
#   1  p:13000, read-only, no code; its last bytes stand against a hole
#   2  nothing
#   3  p:11000 once more, no code
#   4  p:100000, which the image does not have
#   5  in the page file, 6 demand-zero
#   7  p:14000, in transition
# and p:15000 in the last page of all. p:16000 is a user's page, p:17000 is mapped nowhere.
space_machine() {
    build crash64-full "$1" <<'EOF'
fact dtb 0x1000
fact build 19041
run 0x1000 0x17000
tables 0x1000 0xa000
space k x64 root 0x1000
map k 0xfffff80000000000 4K to 0x11000
map k 0xfffff80000001000 4K to 0x13000 ro nx
map k 0xfffff80000003000 4K to 0x11000 nx
map k 0xfffff80000004000 4K to 0x100000
map k 0xfffff80000005000 4K pagefile 0 0x123
map k 0xfffff80000006000 4K demand-zero
map k 0xfffff80000007000 4K transition 0x14000
map k 0xfffffffffffff000 4K to 0x15000
map k 0x10000 4K to 0x16000 user
plant 0x11010 dword 78090043
plant 0x11ffc dword 78090043
plant 0x12000 dword 02000000
plant 0x13000 dword 02000000
plant 0x13010 ascii "SECRET-TEXT"
plant 0x13ff4 ascii "SECRET-WORDS"
plant 0x15ffc dword 78090043
plant 0x16020 dword 78090043
plant 0x17020 dword 78090043
EOF
}

# A 32-bit machine with PAE, in a raw image, with page tables at 1000.
pae_machine() {
    build raw "$1" <<'EOF'
machine x86pae
run 0 0xa000
tables 0x1000 0x5000
space k pae root 0x1000
map k 0x80000000 4K to 0x7000
map k 0x80001000 4K to 0x6000
map k 0xfffff000 4K to 0x8000
plant 0x7ffe hex 4300
plant 0x6000 hex 0978
plant 0x8ff8 dword 78090043
EOF
}
