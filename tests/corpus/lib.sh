# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of memscan-mkimage share. They are called as  TEST MKIMAGE SPECS_FOLDER CASE.
#
# Everything happens in a temporary folder that goes away at the end; each case also fails if the
# program leaves a partial file behind.

# shellcheck disable=SC2034 # what the tests take from here

set -u
mkimage=$(realpath "$1")
specs=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' TERM
cd "$folder" || exit 1

containers="raw raw-concat elf64 elf32 crash64-full crash64-bitmap crash64-kernel crash32-full
            crash32-bitmap crash32pae-full lime"

# Ends the whole test, also from a subshell such as the end of a pipeline.
fail() {
    echo "FAILED: $*" >&2
    kill -TERM $$
    exit 1
}

# make FILE [OPTIONS]: an image and its truth from the spec on standard input.
make() {
    local file=$1
    shift
    "$mkimage" --truth "$file.truth" "$@" - "$file" || fail "$file: exit status $?"
}

# hex FILE OFFSET LENGTH
hex() {
    od -An -v -tx1 -j $(($2)) -N $(($3)) "$1" | tr -d ' \n'
}

# expect_hex FILE OFFSET HEX (blanks do not count)
expect_hex() {
    local want=${3//[[:space:]]/} got
    got=$(hex "$1" "$2" ${#want}/2)
    [ "$got" = "$want" ] || fail "$1 at $2: $got, not $want"
}

# number VALUE WIDTH: a little-endian number of WIDTH bytes as hex.
number() {
    local i text=
    for ((i = 0; i < $2; i++)); do
        text+=$(printf '%02x' $(($1 >> (8 * i) & 255)))
    done
    echo "$text"
}

expect_size() {
    [ "$(stat -c %s "$1")" -eq $(($2)) ] || fail "$1 has $(stat -c %s "$1") bytes, not $2"
}

# expect_line FILE LINE: the truth has exactly this line, once.
expect_line() {
    [ "$(grep -cFx -e "$2" "$1")" -eq 1 ] || fail "no line '$2' in: $(grep -v '^#' "$1")"
}

# poke FILE OFFSET HEX: the hand that writes goldens.
poke() {
    local text=${3//[[:space:]]/}
    printf '%b' "$(sed 's/../\\x&/g' <<<"$text")" |
        dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}

# pages FILE LENGTH: a golden's start, "PAGE" over and over.
pages() {
    yes PAGE | tr -d '\n' | head -c $(($2)) >"$1"
}

expect_same() {
    cmp "$1" "$2" || fail "$1 differs from $2"
}

# Runs the case: case_NAME.
run_case() {
    case_"$1"
    local left
    left=$(find . -name '*.partial')
    [ -z "$left" ] || fail "left behind: $left"
}
