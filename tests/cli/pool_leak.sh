# A pool leak, from tag to culprits: who allocates with the tag, and who calls that.
. "$TEST_LIBRARY"
# The column of CSV that has the module.
modules_of() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "module") at = i; next } { print $at }' | sort -u
}
for bits in 64 32; do
    "$MKIMAGE" --truth truth "$TEST_SPECS/nt$bits.spec" image
    run --quiet -a 'Se  ' --modules image
    function=$("$MEMSCAN" --quiet --format csv -a 'Se  ' --module nt image |
        awk -F, 'NR == 2 { sub("!", ":", $18); print $18 }')
    run imports --quiet --of "$function" image
    run refs --quiet --section iat "$function" image

    # The builder says so, too.
    awk -v name="${function/:/!}" '$1 == "import" && $5 == name { print $2 }' truth | sort -u >expected
    "$MEMSCAN" imports --quiet --format csv --of "$function" image | modules_of >imports
    "$MEMSCAN" refs --quiet --format csv --section iat "$function" image | modules_of >refs
    diff expected imports && diff expected refs && echo "culprits: $(xargs <refs)"
done
