# memscan drivers with a symbol file of the kernel: names of functions, and what is not set by its own.
# needs: symbol files
. "$TEST_LIBRARY"
"$MKIMAGE" --truth truth "$TEST_SPECS/objects64.spec" objects64
base=$((0xfffff80002a00000))
symbol() {
    printf '"%s": {"address": %d}' "$1" "$(($2 - base))"
}
printf '{"metadata": {"format": "6.2.0", "producer": {"name": "test", "version": "1.0.0"},
 "windows": {"pdb": {"GUID": "3844DBB920174967BE7AA4A2C20430FA", "age": 2, "database": "ntkrnlmp.pdb",
 "machine_type": 34404}}}, "base_types": {}, "enums": {}, "user_types": {}, "symbols": {%s, %s, %s}}\n' \
    "$(symbol IopInvalidDeviceRequest 0xfffff80002a08000)" "$(symbol PiPnp 0xfffff80002a0afe0)" \
    "$(symbol ObpRootDirectoryObject "$(awk '$1 == "label" && $4 == "ObpRootDirectoryObject" { print $3 }' truth)")" >nt.json
run drivers --quiet --symbols nt.json --name PnpManager objects64
run drivers --quiet --verbose --symbols nt.json --name PnpManager objects64 | sed -n '/01] /p; /1b] /p'
# Without KDBG the file tells where the directories are.
sed 's/^kdbg .*/kdbg none/' "$TEST_SPECS/objects64.spec" >no-kdbg.spec
"$MKIMAGE" no-kdbg.spec no-kdbg
run drivers --symbols nt.json --name PnpManager no-kdbg
run drivers --hooked --format csv no-kdbg | cut -d , -f 1-15
