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
