#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Small limits of the shell's ulimit: the right answer, or an error that says what is lacking. Of the
# others: -t sends SIGXCPU (see signals.sh) before it kills, and where -u allows for no thread, the
# search does without (see memory.sh).

# shellcheck source=tests/faults/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/library.sh"

machine raw
printf 'd 78090043 slop\na/i "cx" tag\nx "43 0? 09 78"\n' >patterns
truncate -s 32K zeros

# limited LIMITS COMMAND...: runs it under them.
limited() {
    # shellcheck disable=SC2086 # words are meant
    (ulimit $1 && exec "${@:2}") >out 2>err
    status=$?
}

# unharmed LIMITS ARGUMENT...: memscan prints what it prints without them.
unharmed() {
    "$MEMSCAN" "${@:2}" >good 2>good_err
    local good_status=$?
    limited "$1" "$MEMSCAN" "${@:2}"
    expect "ulimit $1, ${*:2}" $good_status "$(<good_err)"
    expect_out "ulimit $1, ${*:2}" good
}

# == Files ==

# What is beyond the limit is an error; up to it, the file holds what it should.
for ignored in false true; do
    $ignored && trap '' XFSZ
    limited "-f 100" "$MEMSCAN" --quiet --format kd -d 0 zeros
    expect "ulimit -f" 2 "memscan: standard output: File too large"
    "$MEMSCAN" --quiet --format kd -d 0 zeros | head -c 102400 >good
    expect_out "ulimit -f" good
done

# One image, or file of patterns, is open at a time. Who started this may have left files open.
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
unharmed "-n 4" --quiet -f patterns -f patterns -d 0 image image zeros
unharmed "-n 4" info image image
unharmed "-n 4" dump 10000+100 image
limited "-n 3" "$MEMSCAN" -d 0 image
expect "ulimit -n 3" 127 "*: error while loading shared libraries: *" # it is not even started

# == Memory ==

sanitized && finish # for a sanitizer no memory is enough

for limits in "-l 0" "-m 1" "-c 0" "-s unlimited"; do
    unharmed "$limits" --quiet -f patterns image
done

# Stacks, also those of threads.
for kilobytes in 64 128 256; do
    unharmed "-s $kilobytes" --threads 3 --chunk 8K -C 40 -f patterns image
    unharmed "-s $kilobytes" --threads 1 --format jsonl --gaps --range 0+80000 -f patterns image
    unharmed "-s $kilobytes" -d "x$(printf '%0999d' 0)" image
    unharmed "-s $kilobytes" dump 10000+1000 image
    unharmed "-s $kilobytes" info image
    regexes && unharmed "-s $kilobytes" --threads 3 --chunk 8K -e '(C|\x43)[^\x01-\x08]+(\x09|b{2,9})x' image
done

# enough_for LIMIT STEP ARGUMENT...: a limit of kilobytes, from so little that not even the loader of
# libraries gets by, to where it suffices.
enough_for() {
    local kilobytes=$2 enough=0
    "$MEMSCAN" "${@:3}" >good 2>/dev/null
    local good_status=$?
    while ((enough < 3 && kilobytes < 1000000)); do
        kilobytes=$((kilobytes + $2))
        limited "$1 $kilobytes" "$MEMSCAN" "${@:3}"
        cases=$((cases + 1))
        if [[ $status == "$good_status" ]]; then
            expect_out "ulimit $1 $kilobytes, ${*:3}" good
            enough=$((enough + 1))
        elif [[ $status == 2 ]]; then
            [[ $(<err) == "memscan: "*": out of memory" || $(<err) == "memscan: out of memory" ]] ||
                fail "ulimit $1 $kilobytes, ${*:3}" "does not say that memory is lacking"
        elif [[ $status != 127 || ! -s err ]]; then
            fail "ulimit $1 $kilobytes, ${*:3}" "status $status"
        fi
    done
    ((enough == 3)) || fail "ulimit $1, ${*:3}" "never suffices"
}

for limit in "-v 1000" "-d 100"; do
    # shellcheck disable=SC2086
    set -- $limit
    enough_for "$@" --quiet -c -d 78090043 image
    enough_for "$@" --quiet -f patterns --threads 3 --chunk 8K image
    enough_for "$@" info image
    regexes && enough_for "$@" --quiet -c -e 'C.\x09x' image
done

# An image that cannot be mapped is read; threads that cannot be started are done without.
truncate -s 2G large
printf 'Cxyz' | dd of=large bs=1 seek=2147483000 conv=notrunc status=none
unharmed "-v 500000" -a Cxyz large
unharmed "-v 100000" --threads 64 --chunk 4K -d 78090043 image
finish
