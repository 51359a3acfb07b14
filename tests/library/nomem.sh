#!/bin/bash
# SPDX-License-Identifier: MIT
#
# nomem.sh NOMEM MKIMAGE SPEC: runs nomem on an image of each container. The last is the one that is
# searched; it is cut short, so that it has absent memory too.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
images=()
for format in raw lime elf32 crash32-full crash32-bitmap crash64-full crash64-bitmap elf64; do
    "$2" --format $format "$3" "$dir/$format"
    images+=("$dir/$format")
done
truncate -s -5000 "$dir/elf64"
"$1" "${images[@]}"
