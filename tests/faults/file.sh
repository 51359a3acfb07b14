#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The image shrinks, grows, is replaced, is rewritten or cannot be read, at each stage of a search,
# mapped and read. What is found, what is lost and what is said are known to the byte.

# shellcheck source=tests/faults/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/library.sh"
needs_shim

chunk=16384
search=("$MEMSCAN" "${plain[@]}" --align 1 -d 78090043 --format jsonl --gaps --chunk "$chunk")

# What the last run printed, as expected.awk has it.
found() {
    sed -nE 's/.*"type":"hit".*"address":"([^"]*)".*/hit \1/p
             s/.*"type":"gap".*"start":"([^"]*)","end":"([^"]*)".*"unreadable".*/gap \1 \2/p
             s/.*"type":"end".*"unreadable":([0-9]*).*/unreadable \1/p' out
}

# What of memory was asked for is told to the byte, whatever happened.
adds_up() {
    sed -nE 's/.*"type":"end".*"asked":([0-9]*),"scanned":([0-9]*),.*"unreadable":([0-9]*).*/\1 \2 \3/p' out |
        { read -r asked scanned unreadable && ((asked == 262144 && scanned + unreadable == asked)); }
}

# lost NAME FAULT FROM END SINCE OPTION...: searches while a fault takes bytes [FROM, END) of the
# file away from whom comes to them when he has searched SINCE bytes.
lost() {
    local name="$1, $2, ${*:6}" expected_status=1
    restore
    run "$2" "${search[@]}" "${@:6}" image
    awk -v from="$3" -v end="$4" -v since="$5" -f "$here/expected.awk" truth >expected
    found >found
    grep -q hit expected && expected_status=0
    expect "$name" $expected_status ''
    expect_fault "$name"
    cmp -s expected found || fail "$name" "$(diff expected found | head -n 8)"
    adds_up || fail "$name" "the coverage does not add up"
}

# same NAME FAULT OPTION...: a fault that changes nothing.
same() {
    local name="$1, $2, ${*:3}"
    restore
    run '' "${search[@]}" "${@:3}" image
    mv out good
    run "$2" "${search[@]}" "${@:3}" image
    expect "$name" 0 ''
    expect_fault "$name"
    expect_out "$name" good
}

# offset_of BYTES: where in the file the memory lies that is reached after BYTES of it.
offset_of() {
    awk -v reached="$1" '$1 == "run" {
        if (reached < $3) { print $4, reached; exit }
        reached -= $3
    }' truth | { read -r start more && echo $((start + more)); }
}

# == Shrinking ==

# The moments: in the first chunk, so that only the headers have been read; in the middle; in the
# last. Each is an access that nothing which belongs to an earlier chunk makes.
shrink() {
    local k at cut
    for k in 0 7 15; do
        at=$(offset_of $((k * chunk + 4196)))
        for cut in 0 5000 $((0x20000)) $((0x20000 + 1234)) $((at - 50)) $((at + 2000)) $((size - 1)); do
            lost "$1" "touch $at truncate $cut" "$cut" "$size" $((k * chunk)) --threads 1 "$2"
        done
    done
    for cut in 0 5000 $((0x20000)); do
        lost "$1" "thread 1 truncate $cut" "$cut" "$size" 0 --threads 3 "$2"
    done
}

# == Pages that cannot be read ==

bad_pages() {
    local first last page n from end
    first=$(offset_of 0) last=$(offset_of 262143)
    for page in $((first / 4096 + 1)) 17 40 $((last / 4096)); do
        for n in 1 3; do
            from=$((page * 4096)) end=$((from + n * 4096))
            lost "$1" "touch $from bad $((end - from))" $from $end 0 --threads $n "$2"
        done
    done
}

# == No harm ==

harmless() {
    local at
    at=$(offset_of $((7 * chunk + 4196)))
    same "$1" "touch $at truncate $((4 * size))" --threads 1 "$2"
    same "$1" "touch $at remove" --threads 1 "$2"
    head -c 1000 /dev/zero >other
    same "$1" "touch $at rename other" --threads 1 "$2"
}

# What is written into the file meanwhile is found or not; before, all is found, and nothing else is.
rewritten() {
    local at name
    at=$(offset_of $((7 * chunk + 4196)))
    for fault in "touch $at rewrite 0" "touch $at truncate 0;touch $at truncate $size"; do
        name="$1, $fault, $2"
        restore
        run "$fault" "${search[@]}" --threads 1 "$2" image
        expect "$name" 0 ''
        expect_fault "$name"
        adds_up || fail "$name" "the coverage does not add up"
        found | grep hit >found
        awk -v from=0 -v end="$size" -v since=$((7 * chunk)) -f "$here/expected.awk" truth | grep hit >before
        awk -v from=0 -v end=0 -v since=0 -f "$here/expected.awk" truth | grep hit >all
        grep -qvxFf all found && fail "$name" "finds what never was there"
        grep -qvxFf found before && fail "$name" "does not find what was there"
    done
}

for format in raw lime elf64 crash64-bitmap; do
    machine $format
    for mode in --mmap --no-mmap; do
        shrink $format $mode
        bad_pages $format $mode
        harmless $format $mode
        rewritten $format $mode
    done
done

# == Calls that fail ==

machine raw
same "a read is interrupted" "read 3 fail EINTR" --threads 1 --no-mmap
same "reads are short" "read 1+ short 97" --threads 1 --no-mmap
same "no mapping" "map 1 fail ENOMEM" --threads 1
same "no mapping" "map 1 fail EACCES" --threads 3
same "the size is not told" "stat 2+ fail EIO" --threads 1
same "holes are not told" "seek 2+ fail EIO" --threads 1 --chunk 512K
# What is lost is the page that the failed read begins with.
lost "the first read fails" "read 2 fail EIO" 0 4096 0 --threads 1 --no-mmap

# refused NAME FAULT ERR ARGUMENT...: an error, and no output.
refused() {
    restore
    run "$2" "$MEMSCAN" "${@:4}"
    expect "$1, $2" 2 "$3"
    expect_fault "$1, $2"
    [[ -s out ]] && fail "$1, $2" "prints something"
}

for command in "-d 0 image" "info image" "dump 0 image"; do
    # shellcheck disable=SC2086 # words are meant
    set -- $command
    refused "$command" "open 1 fail EACCES" "memscan: image: cannot be opened: Permission denied" "$@"
    refused "$command" "open 1 fail EMFILE" "memscan: image: cannot be opened: Too many open files" "$@"
    refused "$command" "stat 1 fail EIO" "memscan: image: cannot be examined: Input/output error" "$@"
    refused "$command" "seek 1 fail EIO" "memscan: image: cannot be measured: Input/output error" "$@"
    refused "$command" "read 1 fail EIO" \
        "memscan: image: the first bytes at offset 0x0 cannot be read: Input/output error" "$@"
    refused "$command" "read 1 truncate 0" \
        "memscan: image: the first bytes at offset 0x0 needs 4096 bytes, of which the file has 0" "$@"
done

# Each read of the headers, and the one of the memory: an error, or it is told what is missing.
for format in raw lime elf32 elf64 crash32-full crash64-full crash32-bitmap crash64-bitmap; do
    machine $format
    sweep "read % fail EIO" read "${plain[@]}" --no-mmap -c -d 0 image
    sweep "read % fail EIO" read info "${elsewhere[@]}" image
done
# ... where page tables and a kernel are sought.
machine raw
sweep "read % fail EIO" read info image
"$MKIMAGE" --format crash64-bitmap - image <<<$'run 0x1000 4K\nbreak field dump-type 7'
sweep "read % fail EIO" read "${plain[@]}" -c -d 0 image

# == What else is said ==

machine raw
bad="touch 0x11000 bad 4096"
hits=$(awk -v from=$((0x11000)) -v end=$((0x12000)) -v since=0 -f "$here/expected.awk" truth | grep -c hit)
run "$bad" "$MEMSCAN" "${plain[@]}" --align 1 -c -d 78090043 --require-coverage 100% image
expect "coverage" 3 "memscan: image: $hits hits, scanned 258048 of 262144 bytes, 4096 unreadable
memscan: image: scanned 258048 of 262144 bytes, less than the required 100%"
run "$bad" "$MEMSCAN" "${plain[@]}" --align 1 -c -d 78090043 --require-coverage 98% --quiet image
expect "enough coverage" 0 ""
run "$bad" "$MEMSCAN" "${plain[@]}" --quiet --gaps -d 12345678 image
expect "nothing found" 1 ""
expect_text "nothing found" "p:00011000-p:00011fff  gap: 4096 bytes unreadable"

# Bytes that cannot be read are shown as holes are, and those behind them as they are.
run "" "$MEMSCAN" dump 11ff8+10 image
want=$(sed -E 's/  .{23}-(.{25}).{8}/  ?? ?? ?? ?? ?? ?? ?? ??-\1????????/' out)
run "$bad" "$MEMSCAN" dump "${plain[@]}" 11ff8+10 image
expect "dump" 0 "memscan: image: warning: 8 of these bytes could not be read"
expect_text "dump" "$want"
run "$bad" "$MEMSCAN" dump "${plain[@]}" 11000 image
expect "dump of nothing" 1 "memscan: image: warning: 128 of these bytes could not be read"
run "touch 0x20000 truncate 0" "$MEMSCAN" dump "${plain[@]}" 20000 image
expect "dump of a file that shrinks" 1 "memscan: image: warning: 128 of these bytes could not be read"
restore

# Another image is searched all the same.
cp pristine second
printf Cxyz | dd of=second bs=1 seek=4096 conv=notrunc status=none
run "touch 0 bad 4096" "$MEMSCAN" --quiet -1 -a Cxyz image second
expect "two images" 2 "memscan: image: the first bytes at offset 0x0 cannot be read: Input/output error"
expect_text "two images" "second:p:00001000"

# Reading it fails with EIO.
run '' "$MEMSCAN" -f /proc/self/mem image
expect "pattern file" 2 "memscan: /proc/self/mem: cannot be read: Input/output error"
finish
