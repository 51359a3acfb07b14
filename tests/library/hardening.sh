#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hardening.sh REASON CMAKE BUILD FILE...: what hardening must leave in programs and shared libraries,
# built and installed. A REASON, if it is not empty, says why this build is not hardened.
set -eu -o pipefail
export LC_ALL=C

reason=$1 cmake=$2 build=$3
shift 3
if [[ -z $reason ]] && ! command -v readelf >/dev/null; then
    reason="there is no readelf"
fi
if [[ -n $reason ]]; then
    echo "skipped: $reason"
    exit 77
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

complain() { # FILE TEXT
    echo "${1#"$dir"/}: $2"
    bad=1
}

# has TEXT PATTERN: whether a line of the text matches.
has() {
    grep -qE "$2" <<<"$1"
}

check_segments() { # FILE
    local header segments dynamic
    header=$(readelf -hW "$1")
    segments=$(readelf -lW "$1")
    dynamic=$(readelf -dW "$1")
    has "$header" 'Type: +DYN' || complain "$1" "not position-independent"
    has "$segments" ' GNU_RELRO ' || complain "$1" "no RELRO"
    has "$dynamic" '\(FLAGS\).* BIND_NOW|\(FLAGS_1\).* NOW' || complain "$1" "functions are bound lazily"
    has "$segments" ' GNU_STACK .* RW ' || complain "$1" "the stack is executable, or may be"
    ! has "$segments" ' LOAD .* RWE ' || complain "$1" "a segment is writable and executable"
    ! has "$dynamic" 'TEXTREL' || complain "$1" "relocations in the code"
}

check_calls() { # FILE
    local symbols
    symbols=$(readelf -W --dyn-syms "$1" | awk '$7 == "UND" { sub("@.*", "", $8); print $8 }')
    has "$symbols" '^__stack_chk_fail$' || complain "$1" "no stack protector"
    has "$(grep -vx __stack_chk_fail <<<"$symbols")" '^__.*_chk$' || complain "$1" "no fortified call"
}

# Where a section begins and ends in memory, as numbers.
section() { # FILE NAME
    readelf -SW "$1" | sed -nE "s/.* $2 +[A-Z]+ +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) .*/\1 \2/p" |
        while read -r at size; do
            echo "$((16#$at)) $((16#$at + 16#$size))"
        done
}

# Tables of functions belong where they become read-only: in .data anybody could overwrite them.
check_tables() { # FILE
    local data_start data_end code_start code_end at value
    read -r data_start data_end < <(section "$1" '\.data')
    read -r code_start code_end < <(section "$1" '\.text')
    while read -r at value; do
        at=$((16#$at)) value=$((16#$value))
        if ((at >= data_start && at < data_end && value >= code_start && value < code_end)); then
            complain "$1" "$(printf 'the address of a function at %#x, in .data' "$at")"
        fi
    done < <(readelf -rW "$1" | awk '$3 ~ /_RELATIVE$/ { print $1, $4 }')
}

# For x86-64, whose code this can read: what may be called from elsewhere begins with endbr64, and no
# function takes more than a page of the stack without touching it.
check_code() { # FILE
    local functions
    has "$(readelf -hW "$1")" 'Machine: .*X86-64' && command -v objdump >/dev/null || return 0
    objdump -d --no-show-raw-insn "$1" >"$dir/code"
    readelf -W --dyn-syms "$1" | awk '$4 == "FUNC" && $7 != "UND" { print "<" $8 ">:" }' >"$dir/names"
    echo '<main>:' >>"$dir/names"
    functions=$(grep -A1 -Ff "$dir/names" "$dir/code")
    [[ $(grep -c '>:$' <<<"$functions") -eq $(grep -c endbr64 <<<"$functions") ]] ||
        complain "$1" "a function without endbr64"
    ! grep -E 'sub +\$0x[0-9a-f]{4,8},%rsp' "$dir/code" | grep -v '\$0x1000,' ||
        complain "$1" "stack that is taken without touching each page"
}

for file in "$@"; do
    check_segments "$file"
    check_calls "$file"
    check_tables "$file"
    check_code "$file"
done

"$cmake" --install "$build" --prefix "$dir/installed" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
while read -r file; do
    ! has "$(readelf -dW "$file")" '\((RPATH|RUNPATH)\)' || complain "$file" "a path to libraries"
done < <(find "$dir/installed" -type f \( -path '*/bin/*' -o -name '*.so*' \))
exit $bad
