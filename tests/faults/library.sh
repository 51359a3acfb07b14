# SPDX-License-Identifier: MIT
#
# What these tests share. Wanted in the environment: MEMSCAN and MKIMAGE, the programs; SANITIZE, the
# sanitizers they are built with; SPECS, the folder corpus/specs; SHIM and SWEEP (see there), but not
# where SHIM cannot be preloaded.

set -u
# Who has started this may have set signals to be ignored, and the programs would ignore them too.
if [[ -z ${FAULT_SIGNALS-} ]]; then
    FAULT_SIGNALS=default exec env --default-signal bash "$0"
fi
: "${MEMSCAN:?names no program}"
export LC_ALL=C SHIM=${SHIM-}
unset NO_COLOR MEMSCAN_SIMD FAULT
# shellcheck disable=SC2034 # the tests use it
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
cases=0 failed=0

# So that no page tables are looked for: the first access to a place is then that of the search.
# shellcheck disable=SC2034 # the tests use them
elsewhere=(--dtb fffff000 --arch x64) plain=(--space physical --dtb fffff000 --arch x64)

# fail NAME TEXT: and what the last run said.
fail() {
    printf 'FAILED %s: %s\n' "$1" "$2"
    [[ -s err ]] && sed 's/^/    stderr: /' err
    failed=$((failed + 1))
}

# run FAULT COMMAND...: runs it with the fault (see shim.c), which may be empty, on the file "image".
# Leaves out, err and status, and happened, which is empty if the fault did not happen.
run() {
    : >happened
    if [[ -z $1 ]]; then
        "${@:2}" >out 2>err
    else
        FAULT=$1 FAULT_IMAGE=image FAULT_FD=9 LD_PRELOAD=$SHIM "${@:2}" >out 2>err 9>happened
    fi
    status=$?
}

# expect NAME STATUS ERR: the last run ended with STATUS (several are separated by |), and its
# stderr matches the pattern ERR.
expect() {
    cases=$((cases + 1))
    # shellcheck disable=SC2254 # a pattern is meant
    case $status in
    $2) ;;
    *) fail "$1" "status $status, not $2" ;;
    esac
    # shellcheck disable=SC2053
    [[ $(<err) == $3 ]] || fail "$1" "stderr is not: $3"
}

# expect_fault NAME: it happened.
expect_fault() {
    [[ -s happened ]] || fail "$1" "the fault did not happen: nothing was tested"
}

# expect_out NAME FILE: the last run printed just that.
expect_out() {
    cmp -s "$2" out || fail "$1" "prints something else: $(diff "$2" out | head -n 5)"
}

# expect_text NAME TEXT: the last run printed just that, and a newline.
expect_text() {
    printf '%s\n' "$2" >text
    expect_out "$1" text
}

# sweep FAULT JUDGE ARGUMENT...: memscan with each argument, at each moment (see sweep.c).
sweep() {
    cases=$((cases + 1))
    FAULT_IMAGE=image "$SWEEP" "$1" "$2" "$MEMSCAN" "${@:3}" || failed=$((failed + 1))
}

needs_shim() {
    [[ -n $SHIM ]] && return
    echo "skipped: nothing that makes faults can be preloaded in front of this sanitizer"
    exit 77
}

sanitized() {
    [[ -n ${SANITIZE-} ]]
}

regexes() {
    ! "$MEMSCAN" --version | grep -q '^hyperscan: none'
}

# machine FORMAT: makes "pristine", an image of 64 and 192 KiB of memory, with the DWORD 78090043 on
# and off page borders and nowhere else, and "truth", which tells where. There is a hole between the
# two, and one in front, except in raw images, which cannot have any.
machine() {
    local low=64K high=256K
    [[ $1 == raw ]] && low=0 high=64K
    "$MKIMAGE" --format "$1" --truth truth --set LOW=$low --set HIGH=$high - pristine <<'SPEC' || exit 2
run ${LOW} 64K
run ${HIGH} 192K
plant-crossing dword 78090043 every 4096 in ${LOW} 64K
plant-crossing dword 78090043 every 4096 in ${HIGH} 192K
plant-random 10 dword 78090043 in ${LOW} 64K
plant-random 30 dword 78090043 in ${HIGH} 192K
SPEC
    # shellcheck disable=SC2034 # the tests use it
    size=$(stat -c %s pristine)
    restore
}

# Puts the pristine image where "image" is, as a new file.
restore() {
    rm -f image
    cp pristine image
}

finish() {
    echo "$cases cases, $failed failed"
    [[ $failed == 0 ]]
    exit
}
