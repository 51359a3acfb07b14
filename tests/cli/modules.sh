# memscan modules: lists, memory, what is missing; in the builder's machines with a Windows kernel.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/nt64.spec" nt64
"$MKIMAGE" --format crash64-bitmap "$TEST_SPECS/nt64.spec" dump64
"$MKIMAGE" --truth truth32 "$TEST_SPECS/nt32.spec" nt32
run modules nt64
run modules --scan --unloaded nt64
run modules --scan --unloaded nt32
run modules -v --module 'NT' --module hal.dll nt64
run modules --verbose --module 'h*less' --module '[g-h]host' --scan nt64
run modules --format jsonl --scan --unloaded nt64
run modules --format csv --scan --unloaded nt32
# By address.
run modules --at fffff80002a14fff --at 'fffff800`03100000' nt64
run modules --at fffff80002a15000 nt64
run modules --unloaded --at fffff80003f00010 nt64
printf 'fffff80003580000\n\nfffff80003680123\n' | run modules --scan --at - nt64
run modules --at p:1000 nt64
run modules --at nonsense nt64
# Several images, and spaces.
run modules --module hal nt64 dump64
run modules --module hal --space root:1ad000,kernel dump64
run modules --space physical nt64
run modules --module nosuch nt64
run modules
# What memscan info says of it.
for image in nt64 dump64 nt32; do
    "$MEMSCAN" info --quiet "$image" | grep -e '^kernel' -e '^KDBG' -e '^modules'
    "$MEMSCAN" info --quiet --format jsonl "$image" | grep -o '"nt":.*'
done
# Machines without a Windows kernel.
space_machine other
run modules other
run info --quiet other | grep -c -e '^kernel' -e '^modules'
small_raw none
run modules none

# What the builder says must be found, is found: without looks at memory, and with them.
for bits in 64 32; do
    "$MKIMAGE" --truth truth "$TEST_SPECS/nt$bits.spec" image
    for option in --quiet --scan; do
        awk '$1 == "module" { $0 = $0; print $3, $4, $7 }' truth | sort >all
        if [[ $option == --scan ]]; then cat all; else grep ' list$' all; fi >expected
        "$MEMSCAN" modules --quiet --format csv $option image |
            awk -F, 'NR > 1 { print $4, $5, $11 }' | sort >found
        diff expected found && echo "$bits $option: as the builder says"
    done
done
