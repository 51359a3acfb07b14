# --space process:PID, process:NAME and session:N: what each sees, for all commands that have spaces.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/sessions64.spec" image
run spaces --space kernel,session:0,session:1 --space process:412,process:676,process:0x1dc,process:editor.exe image
run -d 78090043 --space kernel,session:1,session:0,process:676,process:EDITOR.EXE image
run -d 78090043 --space process:editor.exe --format jsonl image
run -d 78090043 --space session:1 --modules image
run -1 -d 78090043 --space kernel,process:676,unmapped image
run -d 78090043 --range 10000+10000 --space process:676,process:1512 image
run map --space session:0 --format csv image
run map --space process:0x2a4 --format csv image
run v2p --space process:editor.exe 10640 fffff90000000140 image
run dump --space session:1 -d fffff90000000140+10 image
run dump --space process:676 -d 10240+10 image
run dump --space process:676 -d fffff90000000140+10 image
run modules --space session:1 image
run near --space process:676 fffff80002a01010 image
# A driver that only a session has, and whose hits are named by it.
cp "$TEST_SPECS/sessions64.spec" win32k.spec
cat >>win32k.spec <<'SPEC'
module win32k at shell:0xfffff90000100000 scatter 3M 3M
  named win32k.sys "\\SystemRoot\\System32\\win32k.sys"
  section .text 4K code
  section .data 4K zero
  export W32pService at .text+0x80
plant win32k/.data+0x10 dword 78090043 in-win32k
SPEC
"$MKIMAGE" win32k.spec win32k
run -d 78090043 --space kernel,session:0,session:1 win32k
run -d 78090043 --space session:1 --module win32k win32k
run modules --space session:1 --module win32k --verbose win32k
run modules --space kernel --module win32k --verbose win32k
run near --space session:1 fffff90000101090 win32k
# One that no list has is found in pool; what was asked for is its name.
"$MKIMAGE" "$TEST_SPECS/objects64.spec" hidden
run -c -a "of the shell" --space process:ghost.exe hidden
run -c -a "of the shell" --space process:1988,process:explorer.exe hidden
# A name that is several processes', and what is not there.
run spaces --space process:csrss.exe image
run spaces --space process:svchost.exe --quiet hidden
run spaces --space process:nosuch.exe image
run spaces --space process:8 image
run spaces --space session:2 image
run spaces --space session:x image
run spaces --space process: image
run spaces --space "process:"$'\e[1m' image
"$MKIMAGE" "$TEST_SPECS/small.spec" small
run spaces --space process:4 small
# Layouts that are guesses are said to be.
"$MKIMAGE" --set BUILD=18950 --set LAYOUT=19041 "$TEST_SPECS/objects64.spec" unlisted
run -c -a "of the service" --space process:676 unlisted
run -c -a "of the service" --quiet --space process:676 unlisted
