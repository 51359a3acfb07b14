# --help fits a screen and starts with examples; --version says what was compiled in.
. "$TEST_LIBRARY"
run --help
run info --help
run dump -h
"$MEMSCAN" --help | awk 'length > 80 { print "too wide: " $0 } END { if (NR > 45) print "too long" }'
"$MEMSCAN" --version | head -n 1
"$MEMSCAN" search -V | sed -n '2,$s/^[^:]*: .*/fact/p' | sort -u

# Each command's --help has all of its options; memscan --help, which has to fit, says where more are.
if [[ -n $DOCGEN ]]; then
    "$DOCGEN" list - | while read -r command short long; do
        "$MEMSCAN" "$command" --help >"$command"
        [[ $short == - ]] && short='  '
        grep -q -e "^  ${short}[, ] $long\( \|$\)" "$command" || echo "$command --help: $short $long"
    done
fi
"$MEMSCAN" --help | tail -n 1
