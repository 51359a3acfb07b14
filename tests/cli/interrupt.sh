# ^C: status 130, whole lines, and --from goes on with exactly the rest.
. "$TEST_LIBRARY"
zeros image 16G
for ((i = 1; i < 160; i++)); do
    printf 'needle' | poke image $((i * 100000000 + 4093))
done
search() {
    "$MEMSCAN" --quiet --format jsonl -a needle "$@"
}
# A slow one, interrupted after half a second. The signal might be ignored here.
interrupted() {
    env --default-signal=INT timeout --foreground --preserve-status -s INT 0.5 "$MEMSCAN" --quiet \
        --format jsonl --threads 1 --chunk 1M --engine scalar -a needle image
}
interrupted >first 2>message
echo "exit $?"
sed -E 's/0x[0-9a-f]+/ADDRESS/' message
tail -n 1 first | sed -E 's/.*("interrupted":.*"next":")0x[0-9a-f]+/\1ADDRESS/'
next=$(sed -nE 's/.*--from (0x[0-9a-f]+).*/\1/p' message)
tail -n 1 first | grep -c "\"next\":\"$next\""
# The rest may take long to search; up to 1 GiB further on is rest enough.
last=$(printf '0x%x' $((next + 1073741824)))
search --from $next --range "0,$last" image >rest
search --range "0,$last" image >all
cmp <(grep -h '"hit"' first rest) <(grep '"hit"' all) && echo "nothing lost, nothing twice"
tail -c 1 first | od -An -c
