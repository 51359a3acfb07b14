# memscan pool --at: the blocks of a page, as !pool has them; of all kinds, on several versions.
. "$TEST_LIBRARY"
spec() {
    local name=$1 bits=$2
    shift 2
    "$MKIMAGE" "$@" "$TEST_SPECS/pool$bits.spec" "$name"
}
spec win7 64 --set BUILD=7601
spec win10 64
spec xp 32 --set BUILD=2600
spec win7x86 32

# A page of the leak; free blocks, protected ones.
run pool --at ffffe00000003ba4 win7
run pool --at ffffa00000004920 win7
run pool --verbose --at ffffa00000004db8 win7
# Damage in between; special pool in both directions, the second one freed; a large allocation, within.
run pool --at ffffa00000004eb8 win7
run pool --at ffffb00000000ff5 --at ffffb00000008010 --at ffffb0000000c000 win7
run pool --at ffffa00000008100 win7
# What is no pool; what is not there; a module.
run pool --at ffffc00000012340 win7
run pool --at ffffe00000005010 win7
run pool --at fffff80002a01100 win7
run pool --quiet --at fffff80002a01100 win7
# A segment heap.
run pool --at ffffe00000003bd4 win10
# Types and headers of x86: XP, Windows 7.
run pool --at e1000010 xp
run pool --at ca0b4ffd win7x86
run pool --at e1000010 win7x86
# Several images, several addresses; from standard input.
run pool --at e1000010 xp win7x86
printf 'ffffa00000008100\n\n  0xffffb00000000ff5\n' | run pool --at - win7
# For programs: the block of the address is marked.
run pool --quiet --format jsonl --at ffffa00000004eb8 win7
run pool --quiet --format jsonl --at ffffb00000008010 --at ffffa00000008100 win7
run pool --quiet --format csv --at ffffe00000003bd4 win10
