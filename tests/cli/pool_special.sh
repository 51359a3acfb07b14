# memscan pool --special: pages of special pool, what overwrote them, what that shares. The cases in
# which there is little to be told; what the builder says.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/pool64.spec" image64
run pool --special --quiet image64
run pool --special --find --quiet --format jsonl image64
run pool --special --find --quiet --format csv image64

# A machine with the pages of special pool that standard input tells of.
special_machine() {
    {
        sed '/^nt /,$d' "$TEST_SPECS/nt32.spec"
        cat <<'END'
nt kernel
kdbg plain
pool 0x85000000 64K
special-pool 0xca0b0000 64K scatter 3M 3M
module nt at kernel:0x82600000 scatter 3M 3M
  named ntoskrnl.exe
  section .text 4K code
  section .data 4K zero
END
        cat <&3
    } 3<&0 | "$MKIMAGE" - "$1"
}
# None at all, and no kernel.
"$MKIMAGE" "$TEST_SPECS/nt64.spec" nt64
run pool --special --find nt64
small_raw raw
run pool --special raw
run pool --special
run pool --special --space physical --quiet image64
# Nothing is overwritten; one page; nothing is shared.
special_machine whole <<'END'
special - FMsl paged 0x6d8
END
run pool --special --find --quiet whole
special_machine one <<'END'
special - FMsl paged 0x6d8 garbage 0x800 dword "78090043 02000000 12345678"
plant nt/.data+0x10 dword 78090043
END
run pool --special --find --quiet one
special_machine apart <<'END'
special - FMsl paged 0x6d8 garbage 0x800 dword 78090043
special - FMsl paged 0x6d8 garbage 0x801 dword 78090043
special - FMsl paged 0x6d8 garbage 0x800 dword 78090044
END
run pool --special --find --quiet apart
# All that is shared is fill, pointers, tags and small numbers.
special_machine nowhere <<'END'
special - FMsl paged 0x6d8 garbage 0x800 dword "82601234 85000010 00000017 00200020 ffffffff 6c734d46"
special - FMsl paged 0x6d8 garbage 0x900 dword "82601234 85000010 00000017 00200020 ffffffff 6c734d46"
END
run pool --special --find --quiet nowhere
run pool --special --quiet --format jsonl nowhere
# Equal in all, so by value; the names of files as a shell takes them; much garbage.
special_machine "it's one" <<'END'
special - FMsl paged 0x118 garbage 0x800 dword "99990001 22220001 33330001 44440001" garbage 0x900 ascii "much more than that: a text that goes on and on, over more rows than are printed"
END
special_machine other <<'END'
special - FMsl paged 0x118 garbage 0x700 dword "99990001 22220001 33330001 44440001"
plant nt/.data+0x10 dword 33330001
plant nt/.data+0x20 dword 44440001
plant nt/.data+0x30 dword 44440001
END
run pool --special --find --quiet "it's one" other
run pool --special --quiet -v "it's one"
# The others are still compared.
run pool --special --quiet nosuch one other

# What the builder says.
for what in 'pool64 7601' 'pool64 17763' 'pool64 19041' 'pool32 2600' 'pool32 7601'; do
    read -r spec build <<<"$what"
    "$MKIMAGE" --set "BUILD=$build" --truth truth "$TEST_SPECS/$spec.spec" image
    awk '$1 == "special" && $11 == "held" {
        print $2, $3, $4, $5, $6, $7, $8 == "freed" ? "free" : $8, $9, $10 }' truth >pages
    awk '$1 == "special" { for (i = 13; i <= NF; i++) { split($i, at, ":"); print $2, at[1], at[2] } }' \
        truth >garbage
    "$MEMSCAN" pool --special --quiet --format csv image >found
    awk -F, '$1 == "special" { print $3, $4, $5, $6, $7, $8, $9, $11, $10 }' found | diff pages - &&
        echo "$spec $build: $(wc -l <pages) pages, as the builder says"
    awk -F, '$1 == "special" { page = $3 }
             $1 == "garbage" { print page, "0x" substr($3, length($3) - 2), $15 }' found |
        sed 's/ 0x0*/ 0x/' | diff garbage - && echo "$spec $build: $(wc -l <garbage) stretches of garbage"
done
