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

# field TRUTH FIRST-WORDS N: the n-th field of the line that begins with these words.
field() {
    awk -v start="$2 " -v n="$3" 'index($0, start) == 1 { print $n; exit }' "$1"
}

# at TRUTH ADDRESS: the file offset of an address of the space k, of a raw image.
at() {
    awk -v address="$2" '
        function value(text, n, i) {
            n = 0
            for (i = 3; i <= length(text); i++)
                n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
            return n
        }
        # Numbers of 64 bits do not fit: the upper halves are compared as text.
        function upper(text) {
            return substr(text, 1, length(text) - 8)
        }
        $1 == "mapping" && $2 == "k" && upper($3) == upper(address) {
            start = value("0x" substr($3, length($3) - 7))
            wanted = value("0x" substr(address, length(address) - 7))
            if (wanted >= start && wanted < start + $4) {
                print value($6) + wanted - start
                exit
            }
        }' "$1"
}

# expect_at ADDRESS HEX: what is there, in `image`.
expect_at() {
    local offset
    offset=$(at image.truth "$1")
    [ -n "$offset" ] || fail "nothing is at $1"
    expect_hex image "$offset" "$2"
}

# plus ADDRESS N
plus() {
    printf '0x%x' $(($1 + $2))
}

# label NAME: the address of a variable of the kernel.
label() {
    awk -v name="$1" '$1 == "label" && $2 == "nt" && $4 == name { print $3 }' image.truth
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

# expect_errors START OTHER_START: specs that are wrong, on standard input, one a line:
# LINE:COLUMN|start of what was expected|the spec behind START, or with a ! before it, OTHER_START.
# A ; ends a line of a spec.
expect_errors() {
    local where message spec
    while IFS='|' read -r where message spec; do
        echo "$1;$spec" | tr ';' '\n' >spec
        [ "${spec:0:1}" != "!" ] || echo "$2${spec:1}" | tr ';' '\n' >spec
        "$mkimage" spec image 2>message && fail "no error: $spec"
        grep -qF "mkimage: spec:$where: expected $message" message ||
            fail "$spec: $(cat message), not $where: $message"
        [ ! -e image ] || fail "an image in spite of: $message"
    done
}

# Runs the case: case_NAME.
run_case() {
    case_"$1"
    local left
    left=$(find . -name '*.partial')
    [ -z "$left" ] || fail "left behind: $left"
}
