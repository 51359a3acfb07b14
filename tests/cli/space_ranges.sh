# Ranges and --from in spaces.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
small_raw image
run "${tables[@]}" -d 78090043 --range fffff80000000000,fffff80000000fff dump
run "${tables[@]}" -d 78090043 --range p:11000+2000 dump
run "${tables[@]}" -d 78090043 --range p:11000+2000 --range fffff80000003000+1000 dump
run "${tables[@]}" -d 78090043 --space physical --range 11000+2000 dump
run "${tables[@]}" -d 78090043 --space unmapped --range 11000+6000 dump
run "${tables[@]}" -d 78090043 --space kernel,unmapped --range fffff80000000000+1000 --range p:16000+2000 dump
run "${tables[@]}" -d 78090043 --range 0,L4 --space root:1000 dump
run -d 78090043 --range 0+20 --range p:ff0+10 image
# Those that do not fit.
run "${tables[@]}" -d 78090043 --space kernel --range p:11000+2000 dump
run "${tables[@]}" -d 78090043 --space kernel,unmapped --range fffff80000000000+1000 dump
run "${tables[@]}" -d 78090043 --space kernel,physical --range p:1000+1000 dump
run -d 78090043 --writable image
run -d 78090043 --writable --space physical "${tables[@]}" dump
# From a place on.
run "${tables[@]}" -1 -d 78090043 dump
run "${tables[@]}" -1 -d 78090043 --from fffff80000000ffc dump
run "${tables[@]}" -1 -d 78090043 --from kernel:fffff80000000ffd dump
run "${tables[@]}" -1 -d 78090043 --from unmapped:16021 dump
run "${tables[@]}" -1 -d 78090043 --from unmapped:p:16000 dump
run "${tables[@]}" -1 -d 78090043 --space kernel,root:1000,unmapped --from root:1000:fffff80000003000 dump
run "${tables[@]}" -1 -d 78090043 --from p:16000 dump
run "${tables[@]}" -1 -d 78090043 --from root:1000:0 dump
run -1 -d 78090043 --from physical:p:11 image
run -1 -d 78090043 --from kernel: image
run -1 -d 78090043 --from :p:1 image
run -1 -d 78090043 --from kernel,unmapped:1 image
run -1 -d 78090043 --from kernal:1 image
