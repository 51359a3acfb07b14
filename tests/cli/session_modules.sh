# Modules that only a session's pages hold: the kernel's list names them, the session's root has them.
. "$TEST_LIBRARY"
sed -n '/^module nt at/q; p' "$TEST_SPECS/nt64.spec" >session.spec
cat >>session.spec <<'SPEC'
module nt at kernel:0xfffff80002a00000 scatter 4M 4M
  named ntoskrnl.exe "\\SystemRoot\\system32\\ntoskrnl.exe"
  section .text 8K code
  section .data 8K zero
  export ZwClose at .text+0x100
  export NtBuildNumber
  export PsLoadedModuleList

# A session's root: what the kernel has, as it is when the session begins, and what is its own.
space session x64 root 0x1ae000
share session 0xfffff78000000000 0x8000000000 with kernel 0xfffff78000000000
share session 0xfffff80000000000 0x8000000000 with kernel 0xfffff80000000000
share session 0xffffa00000000000 0x8000000000 with kernel 0xffffa00000000000

module win32k at session:0xfffff96000000000 scatter 4M 4M
  named win32k.sys "\\SystemRoot\\System32\\win32k.sys"
  section .text 12K code
  section .data 4K zero
  export W32pService at .text+0x80
  import ntoskrnl.exe ZwClose
  pdb win32k.pdb A0B1C2D3E4F5061728394A5B6C7D8E9F 3
module cdd at session:0xfffff96000600000 scatter 4M 4M
  named cdd.dll "\\SystemRoot\\System32\\cdd.dll"
  section .text 4K code
  import win32k.sys W32pService
module hidden at session:0xfffff96000900000 scatter 4M 4M
  section .text 4K code
  unlisted
plant win32k/.data+0x40 pointer nt!ZwClose
SPEC
"$MKIMAGE" session.spec session

# Pages that are there, of all: none of them in the kernel's space.
for space in kernel root:1ae000; do
    "$MEMSCAN" modules --quiet --scan --space $space --format jsonl session |
        grep -o -e '"space":"[^"]*","name":"[^"]*"' -e '"source".*"sources":"[^"]*"' -e '"pages".*[0-9]'
done
run modules --verbose --space root:1ae000 --module win32k session
run modules --verbose --space kernel --module win32k session
for space in kernel root:1ae000; do
    run imports --quiet --space $space session
    run near --space $space fffff96000001090 session
    run refs --quiet --space $space ZwClose session
done
run --space root:1ae000 --modules -q fffff80002a01100 session
