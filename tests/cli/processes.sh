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
# As text has them: neither a decimal number nor nothing.
run processes --pid 0134 win10
run processes --pid 0c08 win10
run processes --pid 00 win10
run processes --pid 0 win10
# Layouts that are guesses.
"$MKIMAGE" --set BUILD=18950 --set LAYOUT=18362 "$TEST_SPECS/objects64.spec" unlisted
run processes --pid 4 --pid 412 unlisted
run processes --quiet --pid 4 --format jsonl unlisted
sed 's/^process System /process system /' "$TEST_SPECS/objects64.spec" >nameless.spec
"$MKIMAGE" nameless.spec nameless
run processes --pid 4 nameless
"$MKIMAGE" "$TEST_SPECS/nt64.spec" none
run processes --scan none
# Names that are no text hide nothing, neither on the list nor in pool.
for image in win10 win7 win7x86; do
    LC_ALL=C sed -e 's/svchost\.exe/sv\x01host\n\x1b[2/' -e 's/ghost\.exe/\x00host.exe/' $image >odd
    run processes --scan --pid 0x2a4 --pid 0x278 --pid 0x7c4 odd
done
LC_ALL=C sed -e 's/svchost\.exe/sv\x01host\n\x1b[2/' -e 's/ghost\.exe/\x02"host.ex/' win10 >odd
run processes --scan --format jsonl --pid 0x2a4 --pid 0x7c4 odd
run processes --scan --format csv --pid 0x7c4 odd
run threads --scan --pid 0x7c4 odd
LC_ALL=C sed -e 's/ghost\.exe/\x02host.exe/' xp >odd
run processes --quiet --scan --pid 0x7c4 odd
# Several images, and images without processes.
run processes --pid 4 win7 missing xp
"$MKIMAGE" "$TEST_SPECS/small.spec" small
run processes --quiet small
run processes --space physical win10
run processes
