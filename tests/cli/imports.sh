# memscan imports: tables, what is missing of them, hooks; in the builder's machines with a kernel.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/nt64.spec" nt64
"$MKIMAGE" "$TEST_SPECS/nt32.spec" nt32
run imports nt64
run imports --scan nt32
run imports --module 'abc*' --format jsonl nt64
run imports --module headless --module paged.sys --format csv nt64
# Who imports a function: by name table, by value, by another name of it, by what forwards to it.
run imports --of SeQueryInformationToken nt64
run imports --of nt:setokentype nt64
run imports --of 'nt!Se*' --format jsonl nt64
run imports --of KeQueryPerformanceCounter nt64
run imports --of hal:HalQueryCounter nt64
run imports --of nt:#77 nt64
run imports --of nt:Ordinal77 --module hal nt64
run imports --of 'fffff800`02a01010' nt64
run imports --of 0xfffff80002a01010 --module XYZFilter nt64
run imports --of hal: nt64
run imports --of '*:Xyz*' nt64
run imports --of IoCreateDevice nt64
run imports --of IoCreateDevice --scan nt64 nt32
# Nothing, and what is no target.
run imports --of NoSuch nt64
run imports --of NoSuch --quiet nt64
run imports --module nosuch nt64
for target in add '' : '!x' p:1000 1000+10 1234zz; do
    run imports --of "$target" nt64
done
run imports
run imports --space physical nt64
run imports --of nt:x nosuch.img
small_raw none
run imports none

# A hook whose slot has its name, names that several modules have, an ordinal of what has a name, a
# DLL that is not loaded, and slots that were never filled in.
sed -n '/^module nt at/q; p' "$TEST_SPECS/nt64.spec" >hooked.spec
cat >>hooked.spec <<'SPEC'
module nt at kernel:0xfffff80002a00000 scatter 4M 4M
  named ntoskrnl.exe "\\SystemRoot\\system32\\ntoskrnl.exe"
  section .text 8K code
  section .data 8K zero
  export ZwClose at .text+0x100
  export Shared at .text+0x200
  export Forwarded to HAL.Shared
  export NtBuildNumber
  export PsLoadedModuleList
module hal at kernel:0xfffff80002900000 scatter 4M 4M
  named hal.dll "\\SystemRoot\\system32\\hal.dll"
  section .text 4K code
  export Shared at .text+0x300
  export Numbered at .text+0x400 ordinal 40
module driver at kernel:0xfffff80003100000 scatter 4M 4M
  section .text 4K code
  import ntoskrnl.exe ZwClose Shared Forwarded
  import hal.dll @40 Shared
  hook ZwClose driver+0x1010
  hook Forwarded nt!Shared
SPEC
"$MKIMAGE" hooked.spec hooked
run imports --module driver hooked
run imports --format csv hooked | grep ',hooked,'
run imports --of Shared hooked
run imports --of nt:Shared hooked
run imports --of '*:Shared' hooked
run imports --of Numbered hooked
run imports --of ZwClose hooked
run imports --of driver: hooked

# What the builder says of each slot, is found; names of the unlisted are memscan's own.
for bits in 64 32; do
    "$MKIMAGE" --truth truth "$TEST_SPECS/nt$bits.spec" image
    awk '$1 == "module" && $7 == "scan" && $10 == "-" { print "s/\\<" $2 "\\([ +!]\\)/image" substr($3, 3) "\\1/g" }' \
        truth >names.sed
    sed -f names.sed truth | sed 's/!#/!Ordinal/g' | awk '$1 == "import" {
        held = $8 == "held"
        print $2 "," $3 "," (held ? $4 : "") "," ($9 == "named" ? $5 : "") "," (held ? $6 : "") }' |
        sort >expected
    "$MEMSCAN" imports --quiet --scan --format csv image | cut -d, -f3-7 | tail -n +2 | sort >found
    diff expected found && echo "$bits: as the builder says"
done
