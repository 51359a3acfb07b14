# The case of the special pool that something overwrites, from three dumps to the driver: all commands
# of its section in corpus/cases/README.md print what stands there.
. "$TEST_LIBRARY"
bash "$TEST_SPECS/../cases/run" --check overwrite work
cd work || exit 1

# The first DWORD is the same whatever the order of the dumps; one dump alone is not enough.
word() {
    "$MEMSCAN" pool --special --quiet --format csv "$@" | awk -F, '$1 == "shared" { print $16; exit }'
}
echo "$(word A.dmp B.dmp C.dmp) $(word C.dmp A.dmp B.dmp) $(word B.dmp C.dmp) $(word B.dmp)"

# The builder says which pages are overwritten, and where the driver holds it.
"$MEMSCAN" pool --special --find --quiet --format csv A.dmp B.dmp C.dmp >rows
for dump in A B C; do
    "$MKIMAGE" --format crash32pae-full --set DUMP=$dump --truth truth overwrite.spec again.dmp
    cmp again.dmp $dump.dmp
    awk '$1 == "special" && $9 == "overwritten" { print $2 }' truth >pages
    awk '$1 == "vplant" && $5 ~ /^43000978/ { print $3 }' truth >holders
    grep ",$dump.dmp," rows >its_rows
    awk -F, '$1 == "special" && $11 == "overwritten" { print $3 }' its_rows | diff pages - &&
        awk -F, '$1 == "owner" && $20 == "module" { print $3 }' its_rows | diff holders - &&
        echo "$dump: $(wc -l <pages) pages overwritten, held at $(cat holders), as the builder says"
done
