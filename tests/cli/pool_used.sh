# memscan pool --used: what each tag has, by the kernel's table and by counting.
. "$TEST_LIBRARY"
"$MKIMAGE" --set BUILD=7601 "$TEST_SPECS/pool64.spec" win7
"$MKIMAGE" "$TEST_SPECS/pool64.spec" win10
"$MKIMAGE" --set BUILD=2600 "$TEST_SPECS/pool32.spec" xp

run pool --used win7
run pool --used --sort paged --top 3 win7
run pool --used --sort nonpaged --top 3 win10
run pool --used --sort difference --top 2 xp
run pool --used --verbose --tag 'Se' --tag 'G*' --tag Wrap win10
run pool --used --tag 'Se' xp win7
run pool --used --tag NoSu xp
run pool --used --top 0 xp
# For programs.
run pool --quiet --used --format jsonl --sort difference --top 3 win7
run pool --quiet --used --format csv --tag 'G*' --tag 'F*' win10
# Tags of which all is free again.
"$MEMSCAN" pool --quiet --used --format csv win7 | grep -c 'Mdl '
"$MEMSCAN" pool --quiet --used win7 | grep -c ' Mdl '

# A kernel whose table is not there, and one that has no pool at all.
sed -e '/^trackers/d' -e '/^tracker /d' "$TEST_SPECS/pool64.spec" >untold.spec
"$MKIMAGE" untold.spec untold
run pool --used --tag Thre untold
run pool --quiet --used --tag Thre --format jsonl untold
small_raw none
run pool --used none

# What the builder says, too: of the table and of the blocks.
for build in 7601 16299 17763 19041; do
    "$MKIMAGE" --set BUILD=$build --truth truth "$TEST_SPECS/pool64.spec" image
    awk '$1 == "tracker" { print $2 "," $3 - $4 "," $5 "," $6 - $7 "," $8 }' truth |
        sed -e 's/%20/ /g' -e 's/%01%C2%00/.../' | LC_ALL=C sort >expected
    "$MEMSCAN" pool --quiet --used --format csv image |
        awk -F, '$5 == "tracker" { print $3 "," $6 "," $7 "," $8 "," $9 }' | LC_ALL=C sort >found
    diff expected found && echo "$build: $(wc -l <found) tags"
done
