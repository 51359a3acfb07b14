# memscan processes with a symbol file that lays out few fields: what it does not is not known, and not zero.
# needs: symbol files
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/objects64.spec" objects64
field() {
    printf '"%s": {"offset": %d, "type": {"kind": "base", "name": "void"}}' "$1" "$2"
}
printf '{"metadata": {"format": "6.2.0", "producer": {"name": "test", "version": "1.0.0"},
 "windows": {"pdb": {"GUID": "3844DBB920174967BE7AA4A2C20430FA", "age": 2, "database": "ntkrnlmp.pdb",
 "machine_type": 34404}}}, "base_types": {}, "enums": {}, "symbols": {}, "user_types": {
 "_KPROCESS": {"kind": "struct", "size": 1080, "fields": {%s, %s}},
 "_EPROCESS": {"kind": "struct", "size": 2624, "fields": {%s, %s, %s}}}}\n' \
    "$(field DirectoryTableBase 0x28)" "$(field ThreadListHead 0x30)" \
    "$(field UniqueProcessId 0x440)" "$(field ActiveProcessLinks 0x448)" "$(field ImageFileName 0x5a8)" >nt.json
run processes --symbols nt.json --verbose --pid 4 --pid 412 objects64
run processes --symbols nt.json --scan --name 'G*' --name notepad.exe objects64
run processes --symbols nt.json --scan --format jsonl --pid 412 --pid 1988 objects64
run processes --symbols nt.json --format csv --pid 412 objects64
