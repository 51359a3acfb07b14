#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh [--rewrite] NAME...: runs NAME.sh in a temporary folder and compares what it prints with
# NAME.stdout and NAME.stderr, and its exit status with NAME.exit; a missing file stands for nothing
# printed, or 0. In these files * matches any text within a line; every other character is itself.
# With --rewrite, files that do not match are written anew.
#
# A test with a line "# needs: regexes", "# needs: symbol files", "# needs: instructions" or "# needs: python3" is
# skipped, with exit status 77, where these are missing.
#
# Wanted in the environment: MEMSCAN, the program. Tests may also use MKIMAGE (the image builder),
# DOCGEN (the generator of the documents), DOCS (the folder it wrote them to) and SPECS (the builder's specs).
# TEST_UNDER, if it is there, is a command that runs memscan: "valgrind -q --log-file=FILE".

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rewrite=false
failed=0

: "${MEMSCAN:?names no program}"
program=$MEMSCAN
export MEMSCAN MKIMAGE=${MKIMAGE-} DOCGEN=${DOCGEN-} DOCS=${DOCS-} TEST_SPECS=${SPECS-}
export TEST_LIBRARY=$here/library.sh LC_ALL=C
unset NO_COLOR MEMSCAN_SIMD POSIXLY_CORRECT

# Whether the lines of file $1 match the golden lines of file $2.
matches() {
    local actual golden
    cmp -s "$1" "$2" && return 0
    exec 3<"$1" 4<"$2"
    while IFS= read -r golden <&4; do
        IFS= read -r actual <&3 || return 1
        golden=${golden//\\/\\\\}
        golden=${golden//\?/\\?}
        golden=${golden//\[/\\[}
        # shellcheck disable=SC2053 # a pattern is meant
        [[ $actual == $golden ]] || return 1
    done
    ! IFS= read -r actual <&3
}

# Compares file $1 with golden file $2, which may be missing.
check() {
    local golden=$2
    [[ -e $golden ]] || golden=/dev/null
    matches "$1" "$golden" && return 0
    if $rewrite; then
        if [[ -s $1 ]]; then cp "$1" "$2"; else rm -f "$2"; fi
        echo "rewrote ${2##*/}"
        return 0
    fi
    diff -u --label "${2##*/}" --label actual "$golden" "$1"
    return 1
}

run_test() {
    local name=$1 folder status=0 ok=true
    folder=$(mktemp -d) || exit 2
    mkdir "$folder/work"
    if [[ -n ${TEST_UNDER-} ]]; then
        printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$TEST_UNDER" "$program" >"$folder/memscan"
        chmod +x "$folder/memscan"
        MEMSCAN=$folder/memscan
    fi
    (cd "$folder/work" && exec bash "$here/$name.sh" <&-) \
        >"$folder/stdout" 2>"$folder/stderr" </dev/null || status=$?
    if [[ $status -ne 0 ]]; then echo "$status"; fi >"$folder/exit"
    for part in stdout stderr exit; do
        check "$folder/$part" "$here/$name.$part" || ok=false
    done
    rm -rf "$folder"
    $ok && echo "ok $name" && return
    echo "FAILED $name"
    failed=1
}

if [[ ${1-} == --rewrite ]]; then
    rewrite=true
    shift
fi
# Prints what test $1 needs and is not there.
lacks() {
    if grep -qx '# needs: regexes' "$here/$1.sh" && "$MEMSCAN" --version | grep -q '^hyperscan: none'; then
        echo "this memscan was built without Hyperscan, so it has no regexes"
    elif grep -qx '# needs: symbol files' "$here/$1.sh" && "$MEMSCAN" --version | grep -q '^symbol files: none'; then
        echo "this memscan was built without jansson, which reads symbol files"
    elif grep -qx '# needs: instructions' "$here/$1.sh" && "$MEMSCAN" --version | grep -q '^zydis: none'; then
        echo "this memscan was built without Zydis, which decodes instructions"
    elif grep -qx '# needs: python3' "$here/$1.sh" && ! python3 -c 'import json' 2>/dev/null; then
        echo "there is no python3 with its JSON parser"
    fi
}

for name in "$@"; do
    reason=$(lacks "$name")
    if [[ -n $reason ]]; then
        echo "skipped $name: $reason"
        [[ $# -gt 1 ]] || exit 77
        continue
    fi
    run_test "$name"
done
exit $failed
