# needs: regexes
# What the engines do for fixed searches, as a guard: more bytes, candidates or chunks than here are a loss of
# speed that no clock shows. A change for a reason is written anew with run.sh --rewrite counters.
. "$TEST_LIBRARY"
"$MKIMAGE" --set SIZE=16M --format raw-concat "$TEST_SPECS/bench.spec" image

# Without times, rates, and the name of the kernel: all do the same work.
work() {
    echo "== $*"
    "$MEMSCAN" -c --threads 1 --stats "$@" image 2>&1 >/dev/null |
        sed -n -e 's/.*, \([0-9]* chunks\).*/\1/p' -e 's/^memscan: image: engine //p'
}
for i in $(seq 1000); do
    printf 'd %08x\na %s\n' $((i * 2654435761 & 0xffffffff)) "$(printf 'Tag%03x' "$i")"
done >patterns
grep ^d patterns >dwords
grep ^a patterns >tags

work -d 78090043
work -d 78090043 -d 00000000 -d ffffffff
work -d 7809????
work -q fffff80000000000..fffff80000ffffff
work -f dwords
work --align 1 -d 78090043
work -f tags
work -x 0000000000
work -d '00000000 00000000'
work -u secret -i -a password
work -e '[0-9]{3}-[0-9]{4}' -e '[a-z]{5,}x'
work --chunk 65536 -f patterns
