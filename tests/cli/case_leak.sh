# needs: instructions
# The case "leak" of corpus/cases: its page says what is printed, and scripts get to the culprit, too.
"$TEST_SPECS/../cases/run" --check leak .

# By the columns of CSV: column NAME.
column() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }'
}
tag=$("$MEMSCAN" pool --quiet --used --sort paged --top 1 --format csv leak.dmp | column tag)
function=$("$MEMSCAN" --quiet --format csv -a "$tag" --module nt leak.dmp | column symbol)
"$MEMSCAN" imports --quiet --format csv --of "${function/!/:}" leak.dmp | column module | sort -u >callers
"$MEMSCAN" imports --quiet --format csv --of 'nt:ExFreePool*' leak.dmp | column module | sort -u >freers
echo "tag: $tag, function: $function, culprit: $(comm -23 callers freers)"
echo "blocks: $("$MEMSCAN" pool --quiet --tag "$tag" --format csv leak.dmp | column data_size | sort | uniq -c | xargs)"
