#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bench_runs.sh BENCH SPECS-FOLDER [no-regexes]: each row of the library, of the command, of spaces and
# of modules runs, and is in the table and in the JSON, which is valid; of files that are not cached, too,
# and runs can be compared and plotted. No time is judged. Rows of 100,000 patterns are left to bench_check.
set -u

bench=$1
here=$2
spec=$2/smoke.spec
spaces_spec=$2/smoke-spaces.spec
modules_spec=$2/smoke-modules.spec
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
no_regexes=${3-}
cd "$folder" || exit 1

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# rows SECTION...: their names.
rows() {
    "$bench" --list | awk -v sections=" $* " 'index(sections, " " $1 " ") { print $2 }'
}

# check_rows TABLE JSON SECTION...
check_rows() {
    local table=$1 json=$2 row
    shift 2
    for row in $(rows "$@"); do
        case $row in
        *-100000) continue ;;
        regex-* | *-regex | *-regex-100) [ "$no_regexes" ] && continue ;;
        esac
        grep -q "^$row  *[-0-9]" "$table" || fail "$row is not in the table"
        grep -q "\"row\":\"$row\"" "$json" || fail "$row is not in the JSON"
    done
}

"$bench" library command --rounds 2 --patience 1000 --most 10000 --size 2M --spec "$spec" --json json >table 2>log ||
    { cat log; fail "it did not run"; }
check_rows table json library command
grep -q '^R ' table && fail "R is a row"

if "$bench" cold --rounds 2 --size 2M --spec "$spec" --json cold.json >table 2>log; then
    check_rows table cold.json cold
elif grep -q 'stay in the page cache' log; then
    echo "skipped: cold files: $(tail -n 1 log)"
else
    cat log
    fail "cold files did not run"
fi

"$bench" spaces --rounds 2 --size 16M --spec "$spaces_spec" --json spaces.json >table 2>log ||
    { cat log; fail "spaces did not run"; }
check_rows table spaces.json spaces
"$bench" spaces --rows 'open' --rounds 1 --size 16M --spec "$spaces_spec" --markdown >markdown 2>log ||
    { cat log; fail "spaces do not run with --markdown"; }
grep -q '^| opening 16 GiB' markdown || fail "no row of spaces in: $(cat markdown)"

mkdir modules # the images of own specs have one name
"$bench" modules --dir modules --rounds 2 --size 16M --spec "$modules_spec" --json modules.json >table 2>log ||
    { cat log; fail "modules did not run"; }
check_rows table modules.json modules
grep -q '^modules-refs  *[0-9.]*  *[0-9.]*  *[0-9.]* (' table || fail "modules-refs has no rates"
grep -q '^pool-tag  *[0-9.]*  *[0-9.]*  *[0-9.]* (' table || fail "pool-tag has no rates"
grep -q '^modules-hits .* [0-9][0-9]*  *-\{0,1\}[0-9][0-9]*$' table || fail "modules-hits has no time a hit"

"$bench" library command --rows '*dword*' --rounds 1 --size 2M --spec "$spec" --markdown >markdown 2>log ||
    { cat log; fail "it does not run with --markdown"; }
grep -q '^| 1 aligned DWORD *|' markdown || fail "no row of the library in: $(cat markdown)"
grep -qF '| `-c -d 78090043` ' markdown || fail "no row of the command in: $(cat markdown)"

"$bench" --rows nothing --size 2M --spec "$spec" 2>log && fail "no row, but no error"
grep -q 'no row is called nothing' log || fail "it said: $(cat log)"

command -v python3 >/dev/null || { echo "no python3: the JSON is not checked"; exit 0; }
"$here/compare" json json >table || fail "compare fails"
grep -q '^dword-1  *[0-9.]*  *[0-9.]*  *[0-9.]*  *[0-9.]*  *1\.00$' table || fail "compare says: $(cat table)"
if command -v gnuplot >/dev/null; then
    "$bench" peers --rows 'peers-*-1*' --most 10 --rounds 1 --size 2M --spec "$spec" --json peers.json >table 2>log ||
        { cat log; fail "peers did not run"; }
    "$here/plot" peers.json >plot.svg 2>log || { cat log; fail "plot fails"; }
    grep -q 'GNU grep' plot.svg || fail "the plot has no key"
    grep -qi 'nan' plot.svg && fail "the plot has points that are none"
else
    echo "skipped: the plot: there is no gnuplot"
fi
grep -qF -e "$folder" -e "$here" ./*.json && fail "the JSON names folders of this machine"
python3 - json spaces.json modules.json <<'CHECK' || fail "the JSON is not right"
import json, sys
with open(sys.argv[2]) as file:
    spaces = json.load(file)["results"]
for row in spaces:
    assert [runner["name"] for runner in row["runners"]] == ["physical", "memscan"], row["row"]
    assert row["needed_bytes"] > 0 and len(row["runners"][1]["rounds"]) == 2, row["row"]
with open(sys.argv[3]) as file:
    modules = json.load(file)["results"]
for row in modules:
    assert len(row["runners"][1]["rounds"]) == 2 and row["runners"][1]["rounds"][0]["hits"] > 0, row["row"]
with open(sys.argv[1]) as file:
    data = json.load(file)
assert set(data) == {
    "version", "commit", "date", "cpu", "kernel", "processors", "load", "rounds", "read_method",
    "by_processor", "programs", "results",
}, set(data)
for row in data["results"]:
    names = [runner["name"] for runner in row["runners"]]
    assert names[:2] == ["R", "memscan"], row["row"]
    for runner in row["runners"][:2]:
        assert len(runner["rounds"]) == data["rounds"] == 2, row["row"]
        times = sorted(one["seconds"] for one in runner["rounds"])
        assert times[0] > 0, row["row"]
        assert times[0] <= runner["seconds"]["median"] * 1.0001 <= times[-1] * 1.0002, row["row"]
    if row["section"] == "command":
        assert row["runners"][1]["rounds"][0]["rss_bytes"] > 0, row["row"]
CHECK
