# 0 found, 1 not, 2 an error, 3 coverage; an error wins over coverage, coverage over both others.
. "$TEST_LIBRARY"
small_raw image
{
    zeros page 4096
    lime_run 0x0 0xfff
    cat page
    lime_run 0x1000 0x1fff
    head -c 1024 page
} >cut.lime
run -d 78090043 image
run -d 12345678 image
run -d 12345678 missing.raw
run -b ff --require-coverage 100% cut.lime
run -b 00 --require-coverage 62.5% -c cut.lime
run -b 00 --require-coverage 62.6% -c cut.lime
run -b ff --require-coverage 100% --range 0+10 image
run -b ff --require-coverage 100% cut.lime missing.raw
run -b ff image --range 100000+10 --require-coverage 100
