# Hits in pool say whose block they are in: search, near, refs; in all formats.
. "$TEST_LIBRARY"
"$MKIMAGE" --set BUILD=7601 "$TEST_SPECS/pool64.spec" win7
"$MKIMAGE" "$TEST_SPECS/pool64.spec" win10
"$MKIMAGE" --set BUILD=2600 "$TEST_SPECS/pool32.spec" xp

# A damaged block, two pages of special pool, a driver.
for format in text kd jsonl csv; do
    run --quiet --format $format -d 78090043 win7
done
run --quiet -d 78090043 win10 xp
# Tags in headers: free, protected, guessed ones; a large allocation holds none of its own.
run --quiet -d e5726854 win7
run --quiet -d 65726854 --format jsonl win10
run --quiet -x 'ffffe000????????' --range ffffa00000008000+40 --align 8 win7
# In the physical space nobody is told.
run --quiet -d 78090043 --space physical win7

run near ffffa00000004eb8 ffffb00000000ff5 ffffb00000000080 ffffa00000008100 ffffc00000012340 win7
run near --quiet --format jsonl ffffe00000003bd8 ffffb00000000ff5 win10
run near --quiet --format csv e1000010 xp
run near --quiet ffffc00000012340 win7

run refs --quiet --everywhere SeQueryInformationToken win7
run refs --quiet --everywhere --format jsonl SeQueryInformationToken win10
run refs --quiet --everywhere --format csv SeQueryInformationToken xp

# Matches in a row are one line within one block: two large allocations side by side, all zeros, and
# zeros around them that are nobody's. A page of these goes on in a session's large allocation.
sed -e 's/^block pages .*/block zeros Zero nonpaged 8K times 2/' -e '/^block freed_pages/d' -e '/^block font/d' \
    -e 's/^map kernel 0xffffc00000000000 .*/&\nfill 0x300000 1M zero/' \
    -e 's/^nt kernel/map kernel 0xffff8ffffffff000 4K to 0x6000 nx\nfill 0x6000 4K zero\n&/' \
    "$TEST_SPECS/pool64.spec" >zeros.spec
"$MKIMAGE" --set BUILD=7601 --truth truth zeros.spec zeros
awk '$1 == "bigpage" { print $2, $3, $5, $7 }' truth
zeros=(--quiet -d 00000000 --range ffff8ffffffff000+4000 --range ffffa00000006000+8000)
run "${zeros[@]}" zeros | grep 'repeated [0-9][0-9][0-9]'
run "${zeros[@]}" --format csv zeros | cut -d, -f3,9,22,24,26 | awk -F, '$2 > 99'
