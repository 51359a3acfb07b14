#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Each allocation of a run fails in turn, alone and with all behind it: the run says that memory is
# lacking, or does without.

# shellcheck source=tests/faults/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/library.sh"
needs_shim
if sanitized; then
    echo "skipped: what allocates is not the C library, but the sanitizer"
    exit 77
fi

alone="alloc % fail ENOMEM"
onward="alloc %+ fail ENOMEM"
machine raw
cat >patterns <<'EOP'
# All kinds but regexes.
d 78090043 slop
w/align=1 "0978 0043"
q 0..ffff range
b 43
a/i "cx" tag
u "C:\\page"
x "43 0? 09 78"
EOP

# With words alone nothing but memscan's own code allocates.
for fault in "$alone" "$onward"; do
    sweep "$fault" memory --quiet --threads 1 -d 78090043 image
    sweep "$fault" memory --threads 1 --chunk 8K -C 20 -d 78090043 -d "78?900??" image
    sweep "$fault" memory --quiet --threads 1 -c --range 11000+3000 --range 12000+10000 -d 0 image
    sweep "$fault" memory --quiet --threads 1 --chunk 8K --format jsonl --gaps --range 0+50000 -b 0 image
    sweep "$fault" memory --quiet --threads 1 --max-hits 9 --format csv -d 78090043 image
    sweep "$fault" memory --quiet --threads 3 --chunk 8K --format kd -d 78090043 -b 43 image
    sweep "$fault" memory dump 11ff8+100 image
    sweep "$fault" memory info --format jsonl image
    sweep "$fault" memory --version
done
sweep "$onward" memory --threads 1 --format csv -d 78090043 image image
sweep "$alone" memory --quiet --threads 1 -f patterns image
sweep "$onward" memory --quiet --threads 2 --chunk 8K --format jsonl --gaps -f patterns image
sweep "$alone" memory --quiet --threads 1 -i -a CX image
if regexes; then
    sweep "$alone" memory --quiet --threads 1 -e 'C\x00+\x09[x-z]' image
    sweep "$onward" memory --quiet --threads 1 -e '[CD]x*' image
fi

# What is not for want of memory is done without.
sweep "map % fail ENOMEM" same --quiet --threads 1 -d 78090043 image
sweep "thread % fail EAGAIN" same --quiet --threads 3 --chunk 8K -d 78090043 image
sweep "thread %+ fail ENOMEM" same --quiet --threads 3 --chunk 8K -d 78090043 image

# A Windows machine: finding its modules, reading their tables, saying whose hits are.
"$MKIMAGE" "$here/../../corpus/specs/nt64.spec" image || exit 2
for fault in "$alone" "$onward"; do
    sweep "$fault" memory modules --quiet --scan --verbose --unloaded image
    sweep "$fault" memory imports --quiet --format jsonl image
done
sweep "$alone" memory modules --quiet --scan --format csv --at fffff80003580000 image
sweep "$alone" memory imports --quiet --scan --of 'nt:Se*' image
sweep "$alone" memory near --quiet --format jsonl fffff80002a0d8c4 image
sweep "$alone" memory --quiet --threads 1 --format jsonl --modules --section PAGE -a "Se  " image

# The headers of each container.
for format in lime elf64 elf32 crash64-full crash64-bitmap crash32-full crash32-bitmap; do
    machine $format
    truncate -s -5000 image
    sweep "$alone" memory info image
    sweep "$onward" memory -c -d 78090043 image
done
finish
