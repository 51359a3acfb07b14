#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Signals while all of memory is looked through for Windows' objects: it ends at once, and what was
# found until then is listed.

# shellcheck source=tests/faults/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/library.sh"
needs_shim

# A machine with objects, and memory of its kernel behind that, which nothing but a search looks at.
sed -e 's/^run 1M 9M$/&\nrun 16M 8M\nfill 16M 8M mixed/' \
    -e 's/^nt kernel$/map kernel 0xffffb00000000000 8M to 0x1000000 nx\n&/' "$SPECS/objects64.spec" >objects.spec
"$MKIMAGE" --format raw objects.spec objects || exit 2
# The same without a kernel, which is then looked for everywhere.
sed -n -e '1,/^share shell/p' objects.spec >bare.spec
cat >>bare.spec <<'SPEC'
map kernel 0xffffb00000000000 8M to 0x1000000 nx
plant-random 9 dword 78090043 in 16M 8M
SPEC
"$MKIMAGE" --format raw bare.spec bare || exit 2
there="touch $((0x1300000)) raise SIGINT"

# stops IMAGE ERR ARGUMENT...: ends with ERR, and prints what is in "expected".
stops() {
    cp "$1" image
    run "$there" "$MEMSCAN" "${@:3}"
    expect "${*:3}" 130 "$2"
    expect_fault "${*:3}"
    expect_out "${*:3}" expected
}

# What lists have is found before.
for command in modules processes threads drivers; do
    for format in text jsonl csv; do
        "$MEMSCAN" "$command" --quiet --format $format objects | sed 's/objects/image/' >expected
        stops objects "memscan: image: interrupted" "$command" --quiet --scan --format $format image
    done
done
"$MEMSCAN" modules --quiet objects | sed 's/^/image:/' >expected
stops objects "memscan: image: interrupted" modules --quiet --scan image image

# Others have nothing to tell yet.
: >expected
stops objects "memscan: image: interrupted" stacks --quiet --scan --module nosuch image
stops objects "memscan: image: interrupted" near --scan fffff80002a01100 image
stops objects "memscan: image: interrupted" imports --scan --of nosuch image
stops objects "memscan: image: interrupted before it was searched" refs --scan nosuch image
stops objects "memscan: image: interrupted before it was searched" --space process:nosuch -d 78090043 image
stops objects "memscan: image: interrupted" v2p --space process:nosuch 10000 image
stops objects "memscan: image: interrupted" pool --quiet --tag Proc image
for command in modules processes threads stacks drivers imports "pool --used" "pool --special" "near 1000"; do
    # shellcheck disable=SC2086 # words are meant
    stops bare "memscan: image: interrupted" $command image
done
stops bare "memscan: image: interrupted before it was searched" refs nosuch image
stops bare "memscan: image: interrupted before it was searched" --modules -d 78090043 image
stops bare "memscan: image: interrupted before it was searched
memscan: bare: interrupted before it was searched" --modules -d 78090043 image bare

# At any moment.
export SWEEP_DENSE=20
cp objects image
sweep "call % raise SIGINT" part processes --quiet --scan image
sanitized && finish # each run takes ten times as long
for command in modules threads stacks drivers; do
    sweep "call % raise SIGINT" part $command --quiet --scan image
done
cp bare image
sweep "call % raise SIGTERM" part processes --quiet image
# The kernel is looked for when there is a hit, which is then told with whose it is.
sweep "call % raise SIGINT" interrupt --quiet --threads 1 -d 78090043 --space kernel --format jsonl image
finish
