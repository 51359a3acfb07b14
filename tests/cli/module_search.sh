# Searches in modules and sections, and what is said of each module.
. "$TEST_LIBRARY"
"$MKIMAGE" --truth truth "$TEST_SPECS/nt64.spec" nt64
run -a 'Se  ' --modules nt64
run -a 'Se  ' --modules --format jsonl nt64
run -a 'Se  ' --module 'abc*' --stats --threads 1 --format csv nt64 2>stats
grep -v -e ' s, ' -e mapped -e engine -e again stats
run -a 'Se  ' --module ABCMiniFilter.SYS --module hal nt64
run -a 'Se  ' --not-module nt nt64
run -a 'Se  ' --section 'PAGE*' nt64
run -a 'Se  ' --section .text --module nt --module ABC* nt64
# Import slots: of each kind of pattern.
run -q fffff80002a0a8c0 --section iat nt64
run --quiet -q fffff80002a0a8c0 --section iat --format csv nt64
run -x 'c0 a8 a0 02' --section IAT --module XYZFilter --format jsonl nt64
run -d 02a0a8c0 -a zzz -c --section iat nt64
# One line of coverage, whatever number of sections.
run -a 'Se  ' --section .text --section 'PAGE*' --module nt --module hal --format jsonl nt64
# Modules that no list has.
run -x 4d5a --modules --scan nt64
run -x 4d5a --modules -1 nt64
# Not to be had.
run -a x --modules --range fffff80002a00000+10 nt64
run -a x --module nosuch nt64
run -a x --section nosuch nt64
run -a x --not-module '*' nt64
run -a x --modules --space physical nt64
run -a x --modules --space kernel,root:1ad000 nt64
run --quiet -a 'Se  ' -1 --modules --space root:1ad000 nt64
space_machine other
run -a x --modules other
small_raw none
run -a x --modules none
run --modules nt64

# The coverage lines add up to that of the space.
"$MEMSCAN" --format jsonl -a x --modules nt64 | grep '"type":"coverage"' | awk -F '[:,}]' '
    /"module"/ { asked += $8; scanned += $10; paged_out += $14; next }
    { print $6, $8, $12 }
    END { print asked, scanned, paged_out }'

# A match does not reach from one module into the next one, nor from one section into another.
sed 's/^module paged at kernel:0x[0-9a-f]*/module paged at kernel:0xfffff80003207000/' \
    "$TEST_SPECS/nt64.spec" >abutting.spec
"$MKIMAGE" abutting.spec abutting
run modules --quiet --module XYZFilter --module paged abutting
run -x '?? 4d 5a 90' -1 abutting
run -x '?? 4d 5a 90' -1 --modules abutting
run -x '4d 5a 90' -1 --module XYZFilter --module paged abutting
run --quiet -x '00 ?? ??' -1 --max-hits 3 --from fffff80002a0fffc --section .data --section ALMOSTRO \
    --module nt nt64
run --quiet -x '00 ?? ??' -1 --max-hits 3 --from fffff80002a0fffc --module nt nt64
