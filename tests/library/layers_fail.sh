#!/bin/bash
# SPDX-License-Identifier: MIT
#
# layers_fail.sh LAYERS: violates the layers in each way, and sees that it is told.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# try EXPECTED FILE INCLUDE: EXPECTED is 0 or 1, the exit status.
try() {
    rm -rf "$dir/tree"
    mkdir -p "$dir/tree"/{engine/{include/memscan,base,source,format,image,space,match/kernel,scan,windows},cli,corpus,fuzz,bench,tests/scan}
    touch "$dir/tree/cli/own.h" "$dir/tree/corpus/own.h" "$dir/tree/tests/scan/machine.h"
    printf '#include <stdio.h>\n  #  include %s\n' "$3" >"$dir/tree/$2"
    local status=0
    bash "$layers" "$dir/tree" >"$dir/out" || status=$?
    if [[ $status -ne $1 ]] || { [[ $1 -eq 1 ]] && ! grep -q "^$2:2:" "$dir/out"; }; then
        echo "$2 with #include $3: exit $status, not $1, or no line"
        cat "$dir/out"
        exit 1
    fi
}

layers=$1
try 0 engine/scan/a.c '"match/matcher.h"'
try 0 engine/match/kernel/a.c '"match/kernel/kernel.h"'
try 0 engine/match/a.c '<memscan/search.h>'
try 0 engine/space/a.c '"image/memory.h"'
try 0 engine/scan/a.c '"space/space.h"'
try 0 engine/windows/a.c '"space/space.h"'
try 0 cli/a.c '<memscan/search.h>'
try 0 cli/a.c '"own.h"'
try 0 corpus/a.c '"own.h"'
try 0 fuzz/a.c '"match/matcher.h"'
try 0 bench/a.c '<memscan/search.h>'
try 0 tests/scan/a.c '"scan/machine.h"'
try 0 tests/scan/a.c '"image/memory.h"'
try 0 tests/scan/a.c '<sys/mman.h>'
try 1 engine/match/a.c '"scan/plan.h"'
try 1 engine/space/a.c '"match/matcher.h"'
try 1 engine/scan/a.c '"windows/pe.h"'
try 1 engine/image/a.c '"space/space.h"'
try 1 engine/base/a.h '"source/source.h"'
try 1 engine/format/a.c '<image/memory.h>'
try 1 engine/source/a.c '"../scan/plan.h"'
try 1 engine/include/memscan/a.h '"base/error.h"'
try 1 engine/scan/a.c '"cli/own.h"'
try 1 engine/scan/a.c '"nowhere.h"'
try 1 cli/a.c '"base/error.h"'
try 1 cli/a.c '"../engine/base/error.h"'
try 1 cli/a.c '"../corpus/own.h"'
try 1 corpus/a.c '<memscan/search.h>'
try 1 corpus/a.c '"base/bytes.h"'
try 1 fuzz/a.c '"../tests/scan/machine.h"'
