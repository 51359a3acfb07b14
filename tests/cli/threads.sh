# memscan threads: by both lists of each process, by pool, with what each is waiting for; what is missing.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/objects64.spec" objects64
"$MKIMAGE" "$TEST_SPECS/objects7.spec" objects7
"$MKIMAGE" "$TEST_SPECS/objects32.spec" objects32
"$MKIMAGE" --set BUILD=2600 "$TEST_SPECS/objects32.spec" xp
"$MKIMAGE" --set BUILD=18950 --set LAYOUT=18362 "$TEST_SPECS/objects64.spec" unlisted
run threads objects64
run threads --scan objects64
run threads --scan -v objects32
run threads -v --name '*Service*' --pid 4 --pid 0x6b0 objects64
run threads --verbose --pid 0x2a4 --pid 0x1a0 objects64
run threads --name 'SVCHOST*' xp
run threads --scan --format jsonl xp
run threads --scan --format csv objects7
run threads --format csv --pid 4 unlisted
# Several images, and spaces.
run threads --pid 4 objects64 objects7
run threads --pid 4 --space root:1ad000,kernel objects64
run threads --pid 1 objects64
run threads --space physical objects64
run threads
run threads --pid nonsense objects64
# A kernel without processes, and machines without a kernel.
"$MKIMAGE" "$TEST_SPECS/nt64.spec" nt64
run threads nt64
space_machine other
run threads other
small_raw none
run threads none
