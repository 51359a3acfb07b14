# needs: instructions
# The case "hooked" of corpus/cases: its page says what is printed, and scripts get to the culprit, too.
"$TEST_SPECS/../cases/run" --check hooked .

# By the columns of CSV: column NAME.
column() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }'
}
"$MEMSCAN" drivers --quiet --hooked --format csv hooked.dmp >rows
echo "hooked: $(column name <rows) $(column slot <rows), by $(column target <rows)"
culprit=$(column target <rows)
"$MEMSCAN" modules --quiet --module "${culprit%+*}" --format csv hooked.dmp | column version
# Also where no directory tells of drivers, and where the dump has another form.
"$MKIMAGE" --format elf64 "$TEST_SPECS/../cases/hooked.spec" hooked.elf
"$MEMSCAN" drivers --quiet --hooked --scan --format csv hooked.elf | column target
