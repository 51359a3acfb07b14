#!/bin/bash
# SPDX-License-Identifier: MIT
#
# nomem.sh NOMEM MKIMAGE SPEC: runs nomem on a small machine with page tables, and on an image of
# each container. The last is the one that is searched; it is cut short, so that it has absent
# memory too.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
images=()
for format in raw lime elf32 crash32-full crash32-bitmap crash64-full crash64-bitmap elf64; do
    "$2" --format $format "$3" "$dir/$format"
    images+=("$dir/$format")
done
truncate -s -5000 "$dir/elf64"
# One page at three addresses, matches across pages that are apart, and one that a hole cuts off.
"$2" --format crash64-full - "$dir/machine" <<'EOF'
run 0x1000 0x17000
tables 0x1000 0xa000
space k x64 root 0x1000
map k 0xfffff80000000000 4K to 0x11000
map k 0xfffff80000001000 4K to 0x13000
map k 0xfffff80000003000 4K to 0x11000
map k 0xfffff80000004000 4K to 0x15000
map k 0xfffff80000005000 4K to 0x100000
map k 0x10000 4K to 0x16000
plant 0x11010 dword 78090043
plant 0x11ffc dword 78090043
plant 0x13000 dword 02000000
plant 0x13010 ascii "SECRET-TEXT"
plant 0x13ff4 ascii "SECRET-WORDS"
plant 0x16020 dword 78090043
plant 0x17020 dword 78090043
EOF
"$1" "$dir/machine" "${images[@]}"
