# Every form of a range, and where it cuts.
. "$TEST_LIBRARY"
small_raw image
run -1 -b 51 --range 101+3 image
run -1 -b 51 --range 101,103 image
run -1 -b 51 --range 101,L3 image
run -1 -b 51 --range '101,L?3' image
run -1 -b 51 --range 104,L-3 image
run -1 -w 5151 --range 100,L3 image
run -1 -a QQ --range 101+3 --range 103+3 image
run -1 -a Q --range 'p:101+2' --range 0x103,0n260 image
run -1 -a Q --range 101+ffffffffffffffff image
run -1 -d 1 -a x --range 0,L3 image
run -1 -d 1 -d 2 --range 0,L3 image
run -1 -d 1 --range 10,8 image
run -1 -d 1 --range 10+0 image
run -1 -d 1 --range 10 image
run -1 --from 103 -a Q image
run -1 --from 'p:103' --range 101,104 -a Q image
run -1 --from 00000000\`00000103 -a Q image
