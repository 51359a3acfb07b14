#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Standard output is closed, full, deserted, slow; the other standard streams are closed. What could
# not be written is an error; who reads only the beginning ends the program, as it ends grep.

# shellcheck source=tests/faults/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/library.sh"

machine raw
truncate -s 128K zeros

# All that prints; the last two print more than is ever buffered.
commands=(
    "search --quiet -d 78090043 image"
    "search --quiet --format kd -d 78090043 image"
    "search --quiet --format jsonl --gaps -d 78090043 image"
    "search --quiet --format csv -d 78090043 image"
    "search --quiet --format csv -c -d 78090043 image"
    "search --quiet -1 -d 78090043 image"
    "search --quiet -c -d 78090043 image image"
    "info image"
    "info --format jsonl image image"
    "dump 10000 image"
    "dump --format jsonl 10000+20 image"
    "--help"
    "info --help"
    "--version"
    "search --quiet --format kd -d 0 zeros"
    "dump 0+20000 zeros"
)
large=("${commands[@]: -2}")

# Ways to run a command.
plainly() { "$@" >out 2>err; }
closed() { "$@" >&- 2>err; }
full() { "$@" >/dev/full 2>err; }
read_only() { "$@" 1<image 2>err; }
deserted() { "$@" >&8 2>err; }
deserted_ignoring() { (trap '' PIPE && exec "$@") >&8 2>err; }
without_stderr() { "$@" >out 2>&-; }
without_stdin() { "$@" >out 2>/dev/full <&-; }
without_any() { "$@" <&- >&- 2>&-; }

# Each with the status, stderr, and whether all is printed.
ways=(
    "plainly|0||all"
    "closed|2|memscan: standard output: Bad file descriptor|"
    "full|2|memscan: standard output: No space left on device|"
    "read_only|2|memscan: standard output: Bad file descriptor|"
    "deserted|141||"
    "deserted_ignoring|2|memscan: standard output: Broken pipe|"
    "without_stderr|0||all"
    "without_stdin|0||all"
    "without_any|2||"
)

exec 8> >(:) # a pipe that nobody reads
wait $!

for command in "${commands[@]}"; do
    read -ra arguments <<<"$command"
    "$MEMSCAN" "${arguments[@]}" >good
    for way in "${ways[@]}"; do
        IFS='|' read -r how wanted_status wanted_err all <<<"$way"
        : >out
        : >err
        $how "$MEMSCAN" "${arguments[@]}"
        status=$?
        expect "$command, $how" "$wanted_status" "$wanted_err"
        [[ -z $all ]] || expect_out "$command, $how" good
    done
done
cmp -s image pristine || fail "image" "it was written to"

# Where nothing is to be printed, nothing fails.
closed "$MEMSCAN" --quiet -d 12345678 image
status=$?
expect "nothing to print" 1 ""
"$MEMSCAN" -f - image <&- >out 2>err
status=$?
expect "patterns from a closed stdin" 2 "memscan: standard input: cannot be read: Bad file descriptor"

# A reader that leaves after some bytes, fewer or more than a pipe holds.
for command in "${large[@]}"; do
    read -ra arguments <<<"$command"
    "$MEMSCAN" "${arguments[@]}" >good
    for bytes in 1 1000 100000 300000; do
        "$MEMSCAN" "${arguments[@]}" 2>err | head -c $bytes >out
        status=${PIPESTATUS[0]}
        expect "$command | head -c $bytes" 141 ""
        head -c $bytes good >want
        expect_out "$command | head -c $bytes" want
    done
    (trap '' PIPE && exec "$MEMSCAN" "${arguments[@]}" 2>err) | head -c 1000 >out
    status=${PIPESTATUS[0]}
    expect "$command | head, SIGPIPE ignored" 2 "memscan: standard output: Broken pipe"
done

# == Writes that fail half way, or write less ==

[[ -n $SHIM ]] || finish
for command in "${large[@]}" "search --format jsonl -d 78090043 -b 0 image zeros"; do
    read -ra arguments <<<"$command"
    for errno in ENOSPC EIO EPIPE; do
        sweep "write % fail $errno" output "${arguments[@]}"
        sweep "write %+ fail $errno" output "${arguments[@]}"
    done
    sweep "write % fail EINTR" same "${arguments[@]}"
    sweep "write % fail EAGAIN" same "${arguments[@]}"
    sweep "write % short 1" same "${arguments[@]}"
    "$MEMSCAN" "${arguments[@]}" >good 2>good_err
    run "write 1+ short 4099" "$MEMSCAN" "${arguments[@]}"
    expect "$command, short writes" 0 "$(<good_err)"
    expect_out "$command, short writes" good
done

# A pipe that does not wait, and is full at the second write: only before that one its reader wakes.
mkfifo told
read -ra arguments <<<"${large[0]}"
"$MEMSCAN" "${arguments[@]}" >good
FAULT="write 1 nonblock;write 2 short 1000000" FAULT_FD=9 LD_PRELOAD=$SHIM \
    "$MEMSCAN" "${arguments[@]}" 2>err 9>told | { head -c 2 told >happened && cat >out; }
status=${PIPESTATUS[0]}
expect "a pipe that does not wait" 0 ""
expect_fault "a pipe that does not wait"
expect_out "a pipe that does not wait" good

# Interrupted where writing fails too: what was printed is lost, so there is nothing to go on from.
run "write 1 raise SIGINT;write 1 fail ENOSPC" "$MEMSCAN" --quiet --format kd -d 0 zeros image
expect "interrupted and full" 2 "memscan: standard output: No space left on device"
finish
