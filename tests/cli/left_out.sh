# A module with as many exports as are read, mapped many times: what there is no room for is left out, and said.
. "$TEST_LIBRARY"
{
    sed -n '/^module nt at/q; p' "$TEST_SPECS/nt64.spec"
    cat <<'SPEC'
module nt at kernel:0xfffff80002a00000 scatter 4M 4M
  named ntoskrnl.exe "\\SystemRoot\\system32\\ntoskrnl.exe"
  section .text 8K code
  section .data 8K zero
  export ZwClose at .text+0x100
  export NtBuildNumber
  export PsLoadedModuleList
module big at kernel:0xfffff80010000000 to 0x100000
  section .text 4K code
  section .table 256K repeat 00100000
  export One at .text+0x100
  unlisted
# Its directory claims 65536 functions, without names, all of them where the code begins.
plant big/.edata+0x14 dword "00010000 00000000 00002000"
SPEC
    for i in {1..8}; do
        echo "map kernel 0xfffff8001$(printf %x "$i")000000 0x45000 to 0x100000"
    done
} >big.spec
"$MKIMAGE" big.spec big
run imports --scan --module nt big
run imports --scan big
run imports --scan --quiet big
run near --scan fffff80018001001 big
run modules --scan --module big big
