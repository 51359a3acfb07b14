# needs: instructions
# memscan drivers: directories, pool, hooks; in the builder's machines with driver objects.
. "$TEST_LIBRARY"
"$MKIMAGE" --truth truth "$TEST_SPECS/objects64.spec" objects64
run drivers objects64
run drivers --hooked objects64
run drivers --hooked --scan --quiet objects64
run drivers --verbose --name disk objects64
run drivers --quiet -v --hooked --name Null objects64
run drivers --quiet --scan --name vicm --name old objects64
run drivers --quiet --name '*FileSystem*' objects64
run drivers --quiet --name '\Driver\[a-f]*' objects64
run drivers --quiet --format jsonl objects64
run drivers --quiet --format jsonl --hooked objects64
run drivers --quiet --format csv --hooked --scan objects64
for spec in objects7 objects32; do
    "$MKIMAGE" "$TEST_SPECS/$spec.spec" $spec
    run drivers --hooked --scan $spec
done
# Several images, and spaces.
run drivers --quiet --name PnpManager objects64 objects64
run drivers --quiet --name nosuch objects64
run drivers --space physical objects64
run drivers
# Machines without a Windows kernel, and a kernel without driver objects.
small_raw none
run drivers none
"$MKIMAGE" "$TEST_SPECS/nt64.spec" nt64
run drivers nt64

# What the builder says must be found, is found: by directories; with looks at memory; which are hidden, and freed; all
# pointers of those that are not freed; and their devices.
same() {
    diff expected found >differences && return
    echo "$1:"
    cat differences
    false
}
compare() {
    "$MEMSCAN" drivers --quiet --format csv image | awk -F, 'NR > 1 { print $3 }' | sort -u >found
    awk '$1 == "driver" && $9 ~ /directory/ { print $2 }' truth | sort >expected
    same "$1, directories" || return
    "$MEMSCAN" drivers --quiet --scan --format csv image >rows
    awk -F, 'NR > 1 { print $3, $5, $6, $7 }' rows | sort -u >found
    awk '$1 == "driver" { print $2, $9 ~ /directory/ ? "list" : "pool", $9 == "-" ? "true" : "", $9 == "pool" ? "true" : "" }' truth |
        sort >expected
    same "$1, scan" || return
    awk -F, 'BEGIN { routine["DriverInit"] = "init"; routine["DriverStartIo"] = "start-io"
                     routine["DriverUnload"] = "unload"; routine["AddDevice"] = "add-device" }
             NR > 1 && $6 == "" {
                 print $3, $9 == "major" ? sprintf("major-%02x", $10) : $9 == "routine" ? routine[$11] : $11, $13 }' rows |
        sort >found
    awk '$1 == "pointer" && $4 != "0x0" { print $2, $3, $4 }' truth | sort >expected
    same "$1, pointers" || return
    "$MEMSCAN" drivers --quiet --scan --format jsonl image |
        sed 's/.*"address":"\(0x[0-9a-f]*\)","name.*"devices":\[\([^]]*\)\].*/\1,\2/; s/"//g' |
        awk -F, '{ for (i = 2; i <= NF; i++) if ($i != "") print $1, $i }' | sort >found
    awk '$1 == "device" { print $2, $3 }' truth | sort >expected
    same "$1, devices" || return
    echo "$1: $(grep -c '^driver ' truth) drivers, $(wc -l <rows) rows, as the builder says"
}
for build in 10240 10586 14393 17134 18362 19041; do
    "$MKIMAGE" --truth truth --set BUILD=$build "$TEST_SPECS/objects64.spec" image
    compare "x64 $build"
done
for spec in objects7 objects32; do
    "$MKIMAGE" --truth truth "$TEST_SPECS/$spec.spec" image
    compare "$spec"
done
"$MKIMAGE" --truth truth --set BUILD=2600 "$TEST_SPECS/objects32.spec" image
compare "XP"
