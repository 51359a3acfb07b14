# memscan stacks: whose stacks lead into a module; paged out, missing, outside of what is known.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/objects64.spec" objects64
"$MKIMAGE" "$TEST_SPECS/objects7.spec" objects7
"$MKIMAGE" "$TEST_SPECS/objects32.spec" objects32
"$MKIMAGE" --set BUILD=18950 --set LAYOUT=18362 "$TEST_SPECS/objects64.spec" unlisted
run stacks objects64
run stacks --module foodrv objects64
run stacks --module 'foo*' --pid 4 -v objects32
run stacks --module vicm objects64
run stacks --module vicm --scan objects64
run stacks --module vicm.sys --module hal --name ghost.exe --scan objects64
run stacks --scan objects32
run stacks --scan objects7
run stacks --module FooDRV --format jsonl objects64
run stacks --module FooDRV --format csv objects32
run stacks --format csv --pid 0x19c --pid 0x1dc objects64
run stacks --format jsonl --pid 0x19c --pid 0x8d8 objects64
run stacks --pid 4 unlisted
# Several images; nobody is there.
run stacks --module FooDRV --pid 4 objects64 objects32
run stacks --module nosuch objects64
run stacks --module nosuch --module hal --quiet --name ghost.exe objects64
run stacks --module hal --name smss.exe objects32 objects64
run stacks --space physical objects64
run stacks
small_raw none
run stacks --module nt none
