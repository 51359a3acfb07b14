# --symbols: names that no export has, whose they are, and files that are not used.
# needs: symbol files
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/nt64.spec" nt64
"$MKIMAGE" "$TEST_SPECS/nt32.spec" nt32

# isf NAME GUID AGE MACHINE SYMBOLS: a file as Volatility writes it. Addresses are decimal there.
isf() {
    printf '{"metadata": {"format": "6.2.0", "producer": {"name": "test", "version": "1.0.0"},
 "windows": {"pdb": {"GUID": "%s", "age": %d, "database": "%s", "machine_type": %d}}},
 "base_types": {}, "enums": {}, "user_types": {},
 "symbols": {%s}}\n' "$2" "$3" "$1" "$4" "$5"
}
# symbol NAME OFFSET
symbol() {
    printf '"%s": {"address": %d}' "$1" "$2"
}
nt_symbols="$(symbol SepTokenCheck 0xad00), $(symbol SepSame 0xa8c0), $(symbol SeTokenType 0xa8c0), $(symbol KiFar 0x99999)"
isf ntkrnlmp.pdb 3844DBB920174967BE7AA4A2C20430FA 2 34404 "$nt_symbols" >nt.json
isf ntkrnlmp.pdb 3844DBB920174967BE7AA4A2C20430FB 2 34404 "$nt_symbols" >other.json
isf abcminifilter.pdb A0B1C2D3E4F5061728394A5B6C7D8E9F 11 34404 "$(symbol AbcLeak 0x1700)" >abc.json
isf headless.pdb 00000000000000000000000000000000 1 34404 "$(symbol HeadlessRead 0x1000)" >headless.json
isf nosuch.pdb 00000000000000000000000000000000 1 34404 "" >nosuch.json

# Whose an address is: a function that no export names, two names at one address, and a hit.
run near --symbols nt.json fffff80002a0ad10 fffff80002a0a8c0 nt64
run near --quiet --format jsonl --symbols nt.json fffff80002a0ad10 nt64
run -a 'Se  ' --modules --quiet nt64
run -a 'Se  ' --modules --quiet --symbols nt.json --symbols abc.json nt64
run -a 'Se  ' --quiet --format jsonl --space kernel --symbols abc.json --module ABC* nt64
# As a target, and where a slot points.
run refs --quiet --symbols nt.json SepSame nt64
run refs --quiet SepSame nt64
run imports --quiet --symbols nt.json --of 'nt:SepS*' nt64
run imports --quiet --symbols nt.json --of SepTokenCheck nt64
# By its name alone, where the headers are paged out.
run near --symbols headless.json fffff80003301010 nt64
run near --quiet --symbols headless.json fffff80003301010 nt64
# What the image is told by.
run info --symbols nt.json --symbols headless.json nt64 | grep -e '^[$]' -e '^symbols' -e '^note' -e exit
"$MEMSCAN" info --format jsonl --quiet --symbols nt.json --symbols headless.json nt64 | grep -o '"symbols":\[.*\],"notes"'

# Files that are not used are errors; the rest is done without them.
run modules --symbols other.json --module hal nt64
run near --symbols nosuch.json fffff80002a0ad10 nt64
run near --symbols nt.json --symbols nt.json fffff80002a0ad10 nt64
run -a 'Se  ' -c --symbols other.json --modules --quiet nt64
run info --symbols nt.json nt32 | tail -1
run -a 'Se  ' -c --quiet --space physical --symbols nt.json nt64
small_raw none
run modules --symbols nt.json none
run info --symbols nt.json none | tail -1
# Nor is one that cannot be read: then nothing is done.
printf '{"metadata":\n{"format": 6}}' >wrong.json
printf '{"metadata":\n "x' >cut.json
run near --symbols wrong.json fffff80002a0ad10 nt64
run modules --symbols cut.json nt64
run info --symbols missing.json nt64
run refs --symbols . SepSame nt64
# Once for several images.
run near --quiet --symbols nt.json fffff80002a0ad10 nosuchimage
"$MKIMAGE" --format crash64-bitmap "$TEST_SPECS/nt64.spec" dump64
run modules --symbols nt.json --module hal nt64 dump64
