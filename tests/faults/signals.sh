#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Signals at any moment of a run, that is before each call of the C library that shim.c counts: at the
# start, while patterns are compiled, during the scan, while printing, at the end.

# shellcheck source=tests/faults/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/library.sh"
needs_shim

machine raw
printf 'd 78090043 slop\nb 43\nb 9\nb 78\n' >patterns # which begin at borders of chunks, too
text=(--quiet --format kd --threads 1 --chunk 8K -f patterns image)
json=(--quiet --format jsonl --threads 1 --chunk 8K -f patterns image)

# These ask the program to stop. Until the search begins they kill it.
sanitized && export SWEEP_DENSE=20
sweep "call % raise SIGINT" interrupt "${text[@]}"
sanitized && finish # each run takes ten times as long
export SWEEP_DENSE=60
for signal in SIGTERM SIGHUP SIGXCPU; do
    sweep "call % raise $signal" interrupt "${text[@]}"
done
sweep "call % raise SIGINT" interrupt "${json[@]}"
sweep "call % raise SIGINT" interrupt --quiet --format kd --threads 3 --chunk 8K -f patterns image
sweep "call % raise SIGINT" interrupt --quiet -1 --threads 1 --chunk 4K --align 1 -d 78090043 image
sweep "call % raise SIGINT" interrupt --quiet --format kd --threads 1 --no-mmap -f patterns image
sweep "call % raise SIGTERM" interrupt dump 10000+20000 image
if regexes; then
    sweep "call % raise SIGTERM" interrupt --quiet --format kd --threads 1 -e 'C\x00+\x09[x-z]' image
fi

# Twice in a row, as timeout(1) sends them, is no more than once. Who asks again after a while (the
# output may be a pipe that nobody reads) means it.
sweep "call % raise SIGINT;call % raise SIGINT" interrupt "${text[@]}"
sweep "call % raise SIGTERM;call % raise SIGHUP" interrupt "${json[@]}"
run "write 1 raise SIGINT;write 1 hasten 3;write 1 raise SIGINT" "$MEMSCAN" "${text[@]}"
expect "again, later" 130 "" # as bash has it for those that SIGINT killed
[[ -s out ]] && fail "again, later" "prints something"

# These kill, as they kill grep.
ulimit -c 0
for signal in SIGQUIT SIGPIPE SIGUSR1; do
    sweep "call % raise $signal" dies "${text[@]}"
done
sweep "call % raise SIGINT" dies info image
sweep "call % raise SIGTERM" dies --help

# These change nothing; who is stopped goes on.
for signal in SIGWINCH SIGCONT SIGSTOP; do
    sweep "call % raise $signal" same "${text[@]}"
done
# Nor do those that the parent has set to be ignored, as nohup does.
trap '' INT HUP
sweep "call % raise SIGINT" same "${text[@]}"
sweep "call % raise SIGHUP" same "${json[@]}"
trap - INT HUP

# In words: what was searched so far, and what was not. The end of a JSON search tells it, too.
at="touch $((0x20000)) raise SIGINT"
run "$at" "$MEMSCAN" "${plain[@]}" --threads 1 --chunk 8K -c -d 78090043 image image
expect "two images" 130 "memscan: image: interrupted: --from 0x22000 goes on
memscan: image: * hits, scanned 139264 of 262144 bytes
memscan: image: interrupted before it was searched"
run "$at" "$MEMSCAN" "${plain[@]}" --threads 1 --chunk 8K --format jsonl -d 78090043 image image image
expect "three images" 130 "memscan: image: interrupted: --from 0x22000 goes on
memscan: image: interrupted before it was searched, and those behind it"
[[ $(tail -n 1 out) == *'"interrupted":true,"next":"0x22000"}' ]] || fail "three images" "no such end"
run "$at" "$MEMSCAN" dump "${plain[@]}" 10000+20000 image
expect "dump" 130 "memscan: interrupted before 0x20010"
finish
