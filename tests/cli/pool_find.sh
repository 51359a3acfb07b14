# memscan pool --tag: all blocks of a tag, as !poolfind has them.
. "$TEST_LIBRARY"
"$MKIMAGE" --set BUILD=7601 "$TEST_SPECS/pool64.spec" win7
"$MKIMAGE" "$TEST_SPECS/pool64.spec" win10
"$MKIMAGE" --set BUILD=2600 "$TEST_SPECS/pool32.spec" xp

# Protected and free ones; blanks behind a short tag; large allocations; special pool; a session's.
run pool --tag Thre win7
run pool --tag Ab win7
run pool --tag Tmp1 win7
run pool --verbose --tag FMfn win7
run pool --tag FMsl win7
run pool --tag 'G*' win7
# Patterns: each block once, though two fit. Text elsewhere is no tag.
run pool --tag 'Th?e' --tag 'T*' win7
"$MEMSCAN" pool --quiet --tag 'Se  ' win7 | wc -l
run pool --quiet --tag 'se  ' win7
run pool --tag '?h?e' xp
run pool --tag 'M*' win10
run pool --tag Irp xp win10
# For programs.
run pool --quiet --format jsonl --tag Thre win7
run pool --quiet --format csv --tag Vfpt --tag Tmp1 win7
"$MEMSCAN" pool --quiet --format jsonl --tag '*' win10 | grep -c '"guessed":true'

# What the builder says, too; in a segment heap nothing tells a free block from what it held.
for build in 3790 7601 9600 10240 17763 19041; do
    state='allocated|free'
    [[ $build -lt 18362 ]] || state=allocated
    "$MKIMAGE" --set BUILD=$build --truth truth "$TEST_SPECS/pool64.spec" image
    awk -v state="^($state)\$" '$1 == "pool" && $5 ~ /^(Se%20%20|Thre|CM31)$/ && $7 ~ state && $11 == "held" {
        print $2 "," $3 "," $5 "," $7 }' truth | sed 's/%20/ /g' | sort >expected
    "$MEMSCAN" pool --quiet --format csv --tag 'Se  ' --tag Thre --tag CM31 image |
        awk -F, -v state="^($state)\$" '$8 ~ state { print $3 "," $4 "," $5 "," $8 }' | sort >found
    diff expected found && echo "$build: $(wc -l <found) blocks"
done
