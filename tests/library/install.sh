#!/bin/bash
# SPDX-License-Identifier: MIT
#
# install.sh CMAKE BUILD CC CFLAGS SOURCES: installs to a folder of its own, checks what is there, and
# builds and runs the example against it, once found by CMake and once by pkg-config.
set -eu -o pipefail

cmake=$1 build=$2 cc=$3 cflags=$4 sources=$5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
prefix=$dir/prefix

quietly() {
    "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
}

need() {
    local found
    found=$(find "$prefix" -path "$prefix/$1" | head -1)
    [[ -n $found ]] || { echo "not installed: $1"; find "$prefix" -type f; exit 1; }
    echo "$found"
}

quietly "$cmake" --install "$build" --prefix "$prefix"
tool=$(need bin/memscan)
for header in "$sources"/../../engine/include/memscan/*.h; do
    need "include/memscan/$(basename "$header")" >/dev/null
done
[[ $(find "$prefix/include" -type f | wc -l) -eq $(find "$sources/../../engine/include" -type f | wc -l) ]]
need '*/bash-completion/completions/memscan' >/dev/null
need '*/zsh/site-functions/_memscan' >/dev/null
need '*/fish/vendor_completions.d/memscan.fish' >/dev/null
if [[ -e $build/cli/memscan.1 ]]; then
    need '*/man1/memscan.1' >/dev/null
fi
library=$(dirname "$(need 'lib*/libmemscan.*')")
package=$(dirname "$(need '*/memscan/memscanConfig.cmake')")
pkgconfig=$(dirname "$(need '*/pkgconfig/memscan.pc')")
# Nothing of it may point back to where it was built.
if grep -rlF "$build" "$package" "$pkgconfig"; then
    echo "these name the build folder"
    exit 1
fi

export LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
head -c 8192 /dev/zero >"$dir/image.raw"
printf '\x43\x00\x09\x78' | dd of="$dir/image.raw" bs=1 seek=4096 conv=notrunc status=none

"$tool" -1 -d 78090043 "$dir/image.raw" >"$dir/out" 2>"$dir/err" || { cat "$dir/err"; exit 1; }
grep -q 00001000 "$dir/out"

expect_example() {
    "$1" 78090043 "$dir/image.raw" >"$dir/out" 2>"$dir/err" || { cat "$dir/err"; exit 1; }
    diff <(echo 00001000) "$dir/out"
}

quietly "$cmake" -S "$sources/consumer" -B "$dir/consumer" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_C_FLAGS="$cflags" -DCMAKE_PREFIX_PATH="$prefix" -DEXAMPLE="$sources/example.c"
quietly "$cmake" --build "$dir/consumer"
expect_example "$dir/consumer/consumer"

if command -v pkg-config >/dev/null; then
    # The file finds the prefix by itself: it is not the one that was configured.
    wanted=(--cflags --libs)
    [[ -e $library/libmemscan.so ]] || wanted+=(--static)
    flags=$(PKG_CONFIG_PATH=$pkgconfig pkg-config "${wanted[@]}" memscan)
    # shellcheck disable=SC2086 # several of them
    quietly "$cc" -std=c17 $cflags "$sources/example.c" -o "$dir/by-pkg-config" $flags
    expect_example "$dir/by-pkg-config"
fi
