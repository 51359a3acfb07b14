#!/bin/bash
# SPDX-License-Identifier: MIT
#
# example.sh EXAMPLE: runs the example on an image of 3 pages.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
head -c 12288 /dev/zero >"$dir/image.raw"
for offset in 0 4092 5001 8192 8196 8200 8204; do
    printf '\x43\x00\x09\x78' | dd of="$dir/image.raw" bs=1 seek=$offset conv=notrunc status=none
done

# 5001 is no multiple of 4.
"$1" 78090043 "$dir/image.raw" >"$dir/out" 2>"$dir/err"
diff - "$dir/out" <<'END'
00000000
00000ffc
00002000
00002004
00002008
0000200c
END
[[ ! -s $dir/err ]]

# What goes wrong is said, and is no success.
for arguments in "zzz $dir/image.raw" "1 $dir/missing" ""; do
    # shellcheck disable=SC2086 # several of them
    if "$1" $arguments >"$dir/out" 2>"$dir/err" || [[ -s $dir/out || $(wc -l <"$dir/err") -ne 1 ]]; then
        echo "example $arguments: no failure, or not one line"
        exit 1
    fi
done
