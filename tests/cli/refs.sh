# memscan refs: what points to functions, modules, addresses; in the builder's machines.
. "$TEST_LIBRARY"
"$MKIMAGE" --truth truth "$TEST_SPECS/nt64.spec" nt64
"$MKIMAGE" --truth truth32 "$TEST_SPECS/nt32.spec" nt32
"$MKIMAGE" --format crash64-bitmap "$TEST_SPECS/nt64.spec" dump64
# A function, by all its names; import slots, those without names among them, and planted pointers.
run refs SeQueryInformationToken nt64
run refs --unaligned nt:SeTokenType nt64
run refs --everywhere --unaligned 'nt!SeTokenType' nt64
run refs --scan IoCreateDevice nt64
run refs ZwClose nt64
run refs 'nt:#77' nt64
run refs nt:KeQueryPerformanceCounter nt64
# A module, an address, ranges.
run refs --module 'abc*' XYZFilter: nt64
run refs fffff80003201234 nt64
run refs --within 4 fffff80003201230 nt64
run refs --within 3 fffff80003201230 nt64
run refs fffff80003201000+1000 nt64
run refs fffff80003201234,fffff80003201234 nt64
# Kinds of places.
{
    cat "$TEST_SPECS/nt64.spec"
    echo 'plant ABCMiniFilter/.text+0x720 pointer nt!SeTokenType reference'
    echo 'plant kernel:0xfffff80003301400 pointer nt!SeTokenType reference'
    echo 'plant kernel:0xfffff80003100800 pointer nt!SeTokenType reference'
} >kinds.spec
"$MKIMAGE" kinds.spec kinds
run refs --quiet --everywhere nt:SeTokenType kinds
# Where.
run refs --section iat --not-module '[!x]*' 'nt:Se*' nt64
run refs --section .data --section .didat --everywhere 'nt:Se*' nt64
run refs --section .data --section .didat '*:*' nt64
run refs --section iat --module headless 'nt:*' nt64
run refs --max-hits 1 SeQueryInformationToken nt64
run refs --format jsonl --everywhere SeQueryInformationToken nt64
run refs --format csv --everywhere XyzCallback nt64
run refs --quiet --from fffff80003200000 SeQueryInformationToken nt64 dump64
run refs --quiet --space root:1ad000 SeQueryInformationToken dump64
run refs SeQueryInformationToken nt32
# What is no target, or none of this image.
run refs nosuch nt64
run refs abcminifilter nt64
run refs nosuch: nt64
run refs nt:nosuch nt64
run refs abc nt64
run refs p:1000 nt64
run refs 100000000 nt32
run refs fffff80003209999 nt64
run refs --within x 1000 nt64
run refs --space physical SeTokenType nt64
run refs --space kernel,root:1ad000 SeTokenType nt64
run refs SeTokenType
run refs SeTokenType nosuchfile

# What the builder planted and bound, and nothing else, is found.
find_all() {
    "$MEMSCAN" refs --quiet --format csv --everywhere --unaligned --scan "$@" |
        awk -F, 'NR > 1 { print $3, $5 }' | sort
}
name=SeQueryInformationToken
value=$(awk -v name=$name '$1 == "export" && $5 == name { print $4 }' truth)
awk -v name="nt!$name" -v value="$value" '
    $1 == "import" && $4 == value { print $3, value }
    $1 == "vplant" && $6 ~ /^(unaligned-)?reference/ && $5 == "c0a8a00200f8ffff" { print $3, value }
' truth | sort >expected
find_all $name nt64 >found
diff expected found && wc -l <found
# A machine that is not Windows has pointers, too.
space_machine other
run refs --quiet --everywhere fffff80000001000 other
run refs fffff80000001000 other
