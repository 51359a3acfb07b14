# memscan refs --code: instructions that reach functions, slots and addresses, in the builder's machines.
# needs: instructions
. "$TEST_LIBRARY"
# x64: code in functions of the table, and code that is in none.
{
    cat "$TEST_SPECS/nt64.spec" - <<'EOF_SPEC'
map kernel 0xfffff80004000000 8K scatter 4M 4M
map kernel 0xfffff80004002000 4K scatter 4M 4M nx
module calls at kernel:0xfffff80003800000 scatter 4M 4M
  section .text 12K byte 0x90
  section INITK 4K byte 0x90
  section .data 4K zero
  export CallsRun at .text+0x100
  import ntoskrnl.exe SeQueryInformationToken ZwClose
  function .text+0x100 0xf80
  function .text+0x1100 0x1000
  missing .text+0x2000 0x10
# In a function: each kind of operand, and one that lies across the end of a page.
plant calls/.text+0x110 relative ff15________ calls/.idata code
plant calls/.text+0x120 relative e8________ nt!SeTokenType code
plant calls/.text+0x130 relative 0f84________ nt!SeTokenType code
plant calls/.text+0x140 relative 488d05________ nt!SeTokenType code
plant calls/.text+0x150 relative c705________11223344 calls/.data+0x40 code
plant calls/.text+0x160 relative 66c705________1122 calls/.data+0x40 code
plant calls/.text+0x170 relative 803d________7f calls/.data+0x40 code
plant calls/.text+0xffd relative e8________ nt!SeTokenType code
# Cut by a hole: it is none.
plant calls/.text+0x1ffd hex e80000 no-code
# In a number that is loaded there is no call ...
plant calls/.text+0x182 relative e8________ nt!SeTokenType no-code
plant calls/.text+0x180 hex 48b8 no-code
plant calls/.text+0x187 hex 000000 no-code
# ... nor where no table tells, as far as the bytes before it tell; but a jump, and perhaps a call.
plant calls/INITK+0x20 relative e9________ nt!SeTokenType uncertain
plant calls/INITK+0x33 relative e8________ nt!SeTokenType uncertain
plant calls/INITK+0x30 hex 0f4548 uncertain
# In no module, one in pages that cannot be executed.
plant kernel:0xfffff80004000ffe relative e8________ nt!SeTokenType outside
plant kernel:0xfffff80004002100 relative e8________ nt!SeTokenType no-code
EOF_SPEC
} >calls.spec
"$MKIMAGE" --truth truth calls.spec calls
run refs --code nt:SeTokenType calls
run refs --code --everywhere nt:SeTokenType calls
run refs --code --section .text nt:SeTokenType calls
run refs --code --module calls --section INITK nt:SeTokenType calls
run refs --code --module hal nt:SeTokenType calls
run refs --code --module calls fffff80003805000+1000 calls
run refs --code --module calls --within 8 fffff80003805048 calls
run refs --code --module calls --max-hits 2 nt:SeTokenType calls
run refs --code --module calls --from fffff80003801121 nt:SeTokenType calls
run refs --code --module calls --format jsonl nt:SeTokenType calls
run refs --code --module calls --section INITK --format csv nt:SeTokenType calls
run refs --code --module calls --writable nt:SeTokenType calls calls
# x86: addresses, too. There is no table of functions.
{
    cat "$TEST_SPECS/nt32.spec" - <<'EOF_SPEC'
module calls at kernel:0x8a800000 scatter 3M 3M
  section .text 4K byte 0x90
  section .data 4K zero
  import ntoskrnl.exe SeQueryInformationToken
plant calls/.text+0x10 relative e8________ nt!SeQueryInformationToken code
plant calls/.text+0x20 relative 0f85________ nt!SeQueryInformationToken code
plant calls/.text+0x30 absolute ff15________ calls/.idata code
plant calls/.text+0x40 absolute 68________ nt!SeQueryInformationToken code
plant calls/.text+0x50 absolute b8________ nt!SeQueryInformationToken code
plant calls/.text+0x60 absolute c705________11223344 calls/.data+0x40 code
plant calls/.text+0x70 absolute ff2485________ calls/.data+0x40 code
plant calls/.text+0x80 absolute a1________ calls/.data+0x40 code
EOF_SPEC
} >calls32.spec
"$MKIMAGE" calls32.spec calls32
run refs --code --module calls SeQueryInformationToken calls32
run refs --code --module calls 8a802040 calls32
run refs --code --module calls 8a803000 calls32
# What the builder planted as code is certain, and nothing else is.
awk '$1 == "vplant" && $6 == "code" { print $3 }' truth | sort >planted
for target in nt:SeTokenType fffff80003805040 fffff80003807000; do
    "$MEMSCAN" refs --quiet --code --module calls --format jsonl "$target" calls
done | sed -n '/"uncertain":true/d; /"instruction"/s/.*"address":"\([^"]*\)".*/\1/p' | sort >found
diff planted found && wc -l <found
# A machine that is not Windows.
space_machine other
run refs --quiet --code --everywhere fffff80000001000 other
