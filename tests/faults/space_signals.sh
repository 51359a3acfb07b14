#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Signals at any moment of a command that works on address spaces: what --space and --from then say
# leads to exactly the rest, in whichever space the search was.

# shellcheck source=tests/faults/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/library.sh"
needs_shim

# Two roots that share pages, and pages that none of them maps; in each space matches across pages.
"$MKIMAGE" --format raw - image <<'SPEC' || exit 2
run 0 384K
tables 0x1000 64K
space k x64 root 0x1000
space other x64 root 0x2000
map k 0xfffff80000000000 64K scatter 128K 64K
map k 0xfffff80000020000 16K to 0x18000
map k 0xffffffffffff0000 16K to 0x18000
map other 0x10000 64K scatter 256K 64K
map other 0xfffff80000000000 32K to 0x18000
plant-crossing dword 78090043 every 4096 in k:0xfffff80000000000 64K
plant-crossing dword 78090043 every 4096 in other:0x10000 64K
plant-random 30 dword 78090043 in 192K 64K
SPEC
search=(--quiet --threads 1 --chunk 8K --align 1 -d 78090043 --dtb 1000 --arch x64 image)
export SWEEP_DENSE=20

sweep "call % raise SIGINT" interrupt --format kd "${search[@]}"
sweep "call % raise SIGTERM" interrupt --format jsonl "${search[@]}"
sweep "call % raise SIGINT" interrupt --format kd --space physical,kernel,root:2000,unmapped "${search[@]}"
sweep "call % raise SIGINT" interrupt --format kd --space kernel,root:2000,unmapped --from root:2000:11000 "${search[@]}"
sweep "call % raise SIGINT" interrupt --format kd --range fffff80000000000+8000 --range p:30000+8000 "${search[@]}"
sweep "call % raise SIGHUP" interrupt --format kd --no-mmap "${search[@]}"
sweep "call % raise SIGINT" interrupt --format kd --space kernel,root:2000,unmapped "${search[@]}" --threads 3
tables=(--dtb 1000 --arch x64)
sweep "call % raise SIGINT" interrupt map "${tables[@]}" --space kernel,root:2000,unmapped image
sweep "call % raise SIGINT" interrupt spaces "${tables[@]}" image
sweep "call % raise SIGINT" interrupt v2p "${tables[@]}" fffff80000000000 fffff8000000f000 image
sweep "call % raise SIGINT" interrupt p2v "${tables[@]}" 18000 1b123 30000 image
sweep "call % raise SIGINT" interrupt dump "${tables[@]}" fffff80000000000+1000 image
finish
