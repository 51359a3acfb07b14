# memscan processes: lists, pool, what is hidden, gone or guessed; in the builder's machines.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/objects64.spec" win10
"$MKIMAGE" "$TEST_SPECS/objects7.spec" win7
"$MKIMAGE" "$TEST_SPECS/objects32.spec" win7x86
"$MKIMAGE" --set BUILD=2600 "$TEST_SPECS/objects32.spec" xp
run processes win10
run processes --scan --verbose --name ghost.exe --name 'G*' --name notepad.exe win10
run processes --scan --format jsonl win10
run processes --scan --format csv win7
run processes --scan win7x86
run processes --name System --name csrss.exe xp
# Some of them.
run processes --pid 0x2a4 --pid 752 --name 'SVC*' win10
run processes --pid 4 --name svchost.exe win10
run processes --pid 1988 win10
run processes --pid x win10
# Layouts that are guesses.
"$MKIMAGE" --set BUILD=18950 --set LAYOUT=18362 "$TEST_SPECS/objects64.spec" unlisted
run processes --pid 4 --pid 412 unlisted
run processes --quiet --pid 4 --format jsonl unlisted
sed 's/^process System /process system /' "$TEST_SPECS/objects64.spec" >nameless.spec
"$MKIMAGE" nameless.spec nameless
run processes --pid 4 nameless
# Several images, and images without processes.
run processes --pid 4 win7 missing xp
"$MKIMAGE" "$TEST_SPECS/small.spec" small
run processes --quiet small
run processes --space physical win10
run processes
