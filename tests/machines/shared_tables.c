// SPDX-License-Identifier: MIT
//
// Tables that several places share are walked once in a search. At each place they have other
// neighbours: what crosses their ends is found there, and nothing else is.

#include "named_case.h"

// The kernel's space `k`, and two others. Tables end at 0x4ffff; what follows is for pages.
#define START                                                                                      \
    "run 64K 1M\n"                                                                                 \
    "tables 64K 256K\n"                                                                            \
    "space k x64\n"                                                                                \
    "space a x64\n"                                                                                \
    "space b x64\n"

#define K "0xfffff80000000000"
#define A UINT64_C(0xfffff80000000000)
#define M UINT64_C(0x100000)

// A table of pages that four places have: k at K+2M and, with pages of its own, in the middle of it
// and at its ends; then a at the same address, b and k at others.
#define TABLE                                                                                      \
    "map k " K "+2M 12K to 0x60000\n"                                                              \
    "map k " K "+3M 8K to 0x68000\n"                                                               \
    "map k " K "+4M-12K 12K to 0x70000\n"
#define SHARES                                                                                     \
    "share a " K "+2M 2M with k " K "+2M\n"                                                        \
    "share b " K "+6M 2M with k " K "+2M\n"                                                        \
    "share k " K "+10M 2M with k " K "+2M\n"

// Two pages before each of the four places, and two behind.
#define NEIGHBOURS                                                                                 \
    "map k " K "+2M-8K 8K to 0x80000\n"                                                            \
    "map k " K "+4M 8K to 0x84000\n"                                                               \
    "map a " K "+2M-8K 8K to 0x90000\n"                                                            \
    "map a " K "+4M 8K to 0x94000\n"                                                               \
    "map b " K "+6M-8K 8K to 0xa0000\n"                                                            \
    "map b " K "+8M 8K to 0xa4000\n"                                                               \
    "map k " K "+10M-8K 8K to 0xb0000\n"                                                           \
    "map k " K "+12M 8K to 0xb4000\n"

// The same with a table of tables: what an entry of 1 GiB points to.
#define UPPER                                                                                      \
    "map k " K "+1G 12K to 0x60000\n"                                                              \
    "map k " K "+2G-12K 12K to 0x70000\n"                                                          \
    "share a " K "+1G 1G with k " K "+1G\n"                                                        \
    "share b " K "+4G 1G with k " K "+1G\n"                                                        \
    "share k " K "+6G 1G with k " K "+1G\n"                                                        \
    "map k " K "+1G-8K 8K to 0x80000\n"                                                            \
    "map k " K "+2G 8K to 0x84000\n"                                                               \
    "map a " K "+1G-8K 8K to 0x90000\n"                                                            \
    "map a " K "+2G 8K to 0x94000\n"                                                               \
    "map b " K "+4G-8K 8K to 0xa0000\n"                                                            \
    "map b " K "+5G 8K to 0xa4000\n"                                                               \
    "map k " K "+6G-8K 8K to 0xb0000\n"                                                            \
    "map k " K "+7G 8K to 0xb4000\n"

// The second half of what begins before the table; the first half at three of four places.
#define INTO                                                                                       \
    "plant 0x60000 hex 45464748\n"                                                                 \
    "plant 0x91ffc hex 41424344\n"                                                                 \
    "plant 0xa1ffc hex 41424344\n"                                                                 \
    "plant 0xb1ffc hex 41424344\n"
#define OUT_OF                                                                                     \
    "plant 0x72ffc hex 41424344\n"                                                                 \
    "plant 0x94000 hex 45464748\n"                                                                 \
    "plant 0xa4000 hex 45464748\n"                                                                 \
    "plant 0xb4000 hex 45464748\n"

// A table of pages without a hole, K+2M, whose pages K maps, too; then once more behind it.
#define FULL_TABLE                                                                                 \
    "run 64K 1M\n"                                                                                 \
    "run 4M 2M\n"                                                                                  \
    "tables 64K 256K\n"                                                                            \
    "space k x64\n"                                                                                \
    "map k " K " 2M to 4M\n"                                                                       \
    "map k " K "+6M 2M to 4M\n"                                                                    \
    "share k " K "+10M 2M with k " K "+6M\n"

const struct named_case shared_cases[] = {
    {
        .name = "shared_into",
        .spec = START TABLE SHARES NEIGHBOURS INTO,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}, {"4142434445464748", 4}, {"44454647", 1}},
        .hits = 9,
    },
    {
        .name = "shared_out_of",
        .spec = START TABLE SHARES NEIGHBOURS OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}, {"4142434445464748", 4}, {"44454647", 1}},
        .hits = 9,
    },
    {
        // What crosses the table's ends in the first place is no reason to find it in the others.
        .name = "shared_first_alone",
        .spec = START TABLE SHARES NEIGHBOURS "plant 0x81ffc hex 41424344\n"
                                              "plant 0x60000 hex 45464748\n"
                                              "plant 0x72ffc hex 41424344\n"
                                              "plant 0x84000 hex 45464748\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .hits = 2,
    },
    {
        .name = "shared_upper_into",
        .spec = START UPPER INTO,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}, {"44454647", 1}},
        .hits = 6,
    },
    {
        .name = "shared_upper_out_of",
        .spec = START UPPER OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}, {"44454647", 1}},
        .hits = 6,
    },
    {
        // The table of pages at K+1G has a place of its own, besides the table above it.
        .name = "shared_at_two_levels",
        .spec = START UPPER "share a " K " 2M with k " K "+1G\n"
                            "map a " K "-8K 8K to 0xc0000\n"
                            "map a " K "+2M 8K to 0x94000\n"
                            "plant 0xc1ffc hex 41424344\n" INTO,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .hits = 4,
    },
    {
        .name = "shared_x86",
        .spec = "run 64K 1M\n"
                "tables 64K 256K\n"
                "space k x86\n"
                "space a x86\n"
                "map k 0xc0400000 12K to 0x60000\n"
                "map k 0xc07fd000 12K to 0x70000\n"
                "share a 0xc0400000 4M with k 0xc0400000\n"
                "share k 0xd0400000 4M with k 0xc0400000\n"
                "map k 0xc03fe000 8K to 0x80000\n"
                "map a 0xc03fe000 8K to 0x90000\n"
                "map a 0xc0800000 8K to 0x94000\n"
                "map k 0xd03fe000 8K to 0xb0000\n"
                "map k 0xd0800000 8K to 0xb4000\n"
                "plant 0x60000 hex 45464748\n"
                "plant 0x91ffc hex 41424344\n"
                "plant 0xb1ffc hex 41424344\n"
                "plant 0x72ffc hex 41424344\n"
                "plant 0x94000 hex 45464748\n"
                "plant 0xb4000 hex 45464748\n",
        .spaces = {"kernel", "1"},
        .needles = {{"4142434445464748", 1}},
        .kernel = 0x80000000,
        .hits = 4,
    },
    {
        // Cut at each place; and one that is aligned.
        .name = "shared_dword",
        .spec = START TABLE SHARES NEIGHBOURS "plant 0x60000 hex 000978\n"
                                              "plant 0x91fff hex 43\n"
                                              "plant 0xa1fff hex 43\n"
                                              "plant 0x72ffd hex 430009\n"
                                              "plant 0x94000 hex 78\n"
                                              "plant 0xb4000 hex 78\n"
                                              "plant 0xa5000 hex 43000978\n"
                                              "plant 0xb5ffc hex 43000978\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"43000978", 1}, {"43000978", 4}},
        .hits = 8,
    },
    {
        // Pages behind the table's first one hold the rare end by which it is looked for.
        .name = "shared_long_into",
        .spec = START TABLE SHARES NEIGHBOURS "map b " K "+6M-8K 8K to 0x90000\n"
                                              "plant a:" K "+2M-100 ascii ${LATE}\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"LATE", 1}},
        .hits = 2,
    },
    {
        // Most of it lies in the table.
        .name = "shared_long_out_of",
        .spec = START TABLE SHARES NEIGHBOURS "map k " K "+12M 8K to 0x94000\n"
                                              "plant a:" K "+4M-8900 ascii ${LATE}\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"LATE", 1}, {"43000978", 1}},
        .hits = 2,
    },
    {
        .name = "shared_long_letters",
        .spec = START TABLE SHARES NEIGHBOURS "map b " K "+8M 8K to 0x94000\n"
                                              "map b " K "+6M-8K 8K to 0x90000\n"
                                              "plant a:" K "+4M-5000 ascii ${LONG}\n"
                                              "plant a:" K "+2M-4000 ascii ${LONG}\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"LONG", 1}},
        .hits = 4,
    },
    {
        // As long as literals get.
        .name = "shared_longest",
        .spec =
            START "map k " K "+2M 64K to 0x60000\n"
                  "map k " K "+4M-64K 64K to 0x70000\n" SHARES "map k " K "+2M-4K 4K to 0x80000\n"
                  "map k " K "+4M 4K to 0x81000\n"
                  "map a " K "+2M-4K 4K to 0x90000\n"
                  "map b " K "+6M-4K 4K to 0x90000\n"
                  "map a " K "+4M 4K to 0x91000\n"
                  "map k " K "+12M 4K to 0x91000\n"
                  "plant a:" K "+2M-100 ascii ${LONGEST}\n"
                  "plant a:" K "+4M-65436 ascii ${LONGEST}\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"LONGEST", 1}},
        .hits = 4,
    },
    {
        .name = "shared_inside",
        .spec = START TABLE SHARES NEIGHBOURS "plant 0x60100 hex 43000978\n"
                                              "plant 0x60fff hex 43000978\n"
                                              "plant 0x68100 hex 43000978\n"
                                              "plant 0x72ffc hex 43000978\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"43000978", 1}},
        .hits = 16,
    },
    {
        // The halves would make matches if what is around a hole were joined.
        .name = "shared_holes",
        .spec = START "map k " K "+2M+4K 8K to 0x60000\n"
                      "map k " K "+3M 4K to 0x68000\n"
                      "map k " K "+3M+8K 4K to 0x69000\n"
                      "map k " K "+4M-16K 12K to 0x70000\n" SHARES NEIGHBOURS INTO OUT_OF
                      "plant 0x68ffc hex 41424344\n"
                      "plant 0x69000 hex 45464748\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .hits = 0,
    },
    {
        .name = "shared_hole_at_its_end",
        .spec = START "map k " K "+2M 12K to 0x60000\n" SHARES NEIGHBOURS INTO OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .hits = 3,
    },
    {
        .name = "shared_hole_at_its_start",
        .spec = START "map k " K "+4M-12K 12K to 0x70000\n" SHARES NEIGHBOURS INTO OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .hits = 3,
    },
    {
        // In no hole: a neighbour of one place is a hole at the next.
        .name = "shared_beside_holes",
        .spec = START TABLE SHARES "map a " K "+2M-8K 8K to 0x90000\n"
                                   "map k " K "+12M 8K to 0xb4000\n" INTO OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .hits = 2,
    },
    {
        // One place after the other, both settled before.
        .name = "shared_side_by_side",
        .spec = START TABLE "map k " K "+6M 12K to 0x80000\n"
                            "map k " K "+8M-12K 12K to 0x88000\n"
                            "share a " K "+10M 2M with k " K "+2M\n"
                            "share a " K "+12M 2M with k " K "+6M\n"
                            "share a " K "+14M 2M with k " K "+2M\n"
                            "plant 0x72ffc hex 41424344\n"
                            "plant 0x80000 hex 45464748\n"
                            "plant 0x8affe hex 4142\n"
                            "plant 0x60000 hex 434445464748\n",
        .spaces = {"kernel", "1"},
        .needles = {{"4142434445464748", 1}},
        .hits = 2,
    },
    {
        // What is in no range whole at one place is at another one.
        .name = "shared_in_ranges_that_overlap",
        .spec = START TABLE SHARES NEIGHBOURS "plant 0x68fff hex 43000978\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"43000978", 1}},
        .ranges = {{.first = A + M, .last = A + 3 * M + 0x1001},
                   {.first = A + 3 * M + 0x1000, .last = A + 9 * M},
                   {.first = A + 9 * M + 2, .last = A + 13 * M}},
        .hits = 2,
    },
    {
        .name = "shared_cut_by_ranges",
        .spec = START TABLE SHARES NEIGHBOURS INTO OUT_OF "plant 0x60800 hex 43000978\n"
                                                          "plant 0x68fff hex 43000978\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}, {"43000978", 1}},
        .ranges = {{.first = A + 2 * M - 4, .last = A + 3 * M + 0x1001},
                   {.first = A + 6 * M, .last = A + 8 * M - 1},
                   {.first = A + 10 * M - 0x2000, .last = A + 12 * M + 3}},
        .hits = 9,
    },
    {
        // As long as the table; one byte less at either end.
        .name = "shared_as_ranges",
        .spec = START TABLE SHARES NEIGHBOURS INTO OUT_OF "plant 0x68fff hex 43000978\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}, {"43000978", 1}},
        .ranges = {{.first = A + 2 * M, .last = A + 4 * M - 1},
                   {.first = A + 6 * M + 1, .last = A + 8 * M - 1},
                   {.first = A + 10 * M, .last = A + 12 * M - 2}},
        .hits = 4,
    },
    {
        // The first place stands for what lies in a page; the table behind it has nothing more to
        // report, but near its end it must be looked for a match that might go on behind it.
        .name = "shared_once",
        .spec = FULL_TABLE "plant 0x600000-28880 hex 43000978\n"
                           "plant 0x600000-20000 ascii ${LATE_END}\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}, {"LATE", 1}},
        .hits = 3,
    },
    {
        .name = "shared_full",
        .spec = FULL_TABLE "map k " K "+12M 8K to 0x94000\n"
                           "map k " K "+10M-8K 8K to 0x90000\n"
                           "plant 4M hex 45464748\n"
                           "plant 0x91ffc hex 41424344\n"
                           "plant 6M-4 hex 41424344\n"
                           "plant 0x94000 hex 45464748\n",
        .spaces = {"kernel"},
        .needles = {{"4142434445464748", 1}, {"LATE", 1}},
        .hits = 2,
    },
    {
        // More places than a hit lists, and more marked pages than are remembered of a table; one
        // of fewer.
        .name = "shared_by_many_spaces",
        .spec = "run 64K 4M\n"
                "tables 64K 2M\n"
                "space k x64\n"
                "space p x64 times 70\n"
                "map k " K "+2M 160K scatter 3M 256K\n"
                "map k " K "+6M 16K scatter 3M 256K\n"
                "share p " K "+2M 2M with k " K "+2M\n"
                "share p " K "+16M 2M with k " K "+6M\n"
                "map p3 " K "+4M-4K 8K scatter 3M 256K\n"
                "plant p3:" K "+4M-2 hex 43000978\n",
        .all_roots = true,
        .needles = {{"00000000", 4096}, {"43000978", 1}},
        .hits = 71 * (41 + 4) + 1,
    },
    {
        // Above one table of tables; each page has two places in each space.
        .name = "shared_upper_by_many_spaces",
        .spec = "run 64K 4M\n"
                "tables 64K 2M\n"
                "space k x64\n"
                "space p x64 times 40\n"
                "map k " K "+1G 144K to 3M\n"
                "share k " K "+1G+4M 2M with k " K "+1G\n"
                "share p " K "+2G 1G with k " K "+1G\n"
                "plant 3M hex 43000978\n"
                "plant 3M+100K hex 43000978\n"
                "plant 3M+8K-2 hex 43000978\n",
        .all_roots = true,
        .needles = {{"43000978", 1}},
        .hits = 246,
    },
    {
        // Pages of each kind, in a table of pages and in the one above it.
        .name = "shared_missing_pages",
        .container = "crash64-full",
        .spec = START TABLE "map k " K "+2M+12K 4K pagefile 1 2\n"
                            "map k " K "+2M+16K 8K demand-zero\n"
                            "map k " K "+2M+24K 8K transition 0x88000\n"
                            "map k " K "+2M+32K 12K to 0x10e000\n" // partly absent
                            "map k " K "+1G 12K to 0x60000\n"
                            "map k " K "+1G+4M 2M entry 0x70000063 pages 2M\n" // its table, too
                            "map k " K "+1G+6M 2M to 0x200000 pages 2M\n"
                            "share a " K "+1G 1G with k " K "+1G\n"
                            "share k " K "+8G 1G with k " K "+1G\n" SHARES NEIGHBOURS INTO OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .hits = 6,
    },
    {
        .name = "shared_missing_pages_in_ranges",
        .container = "crash64-full",
        .spec = START TABLE "map k " K "+2M+12K 4K pagefile 1 2\n"
                            "map k " K "+2M+16K 8K demand-zero\n"
                            "map k " K "+2M+24K 8K transition 0x88000\n"
                            "map k " K "+2M+32K 12K to 0x10e000\n"
                            "map k " K "+1G 12K to 0x60000\n"
                            "map k " K "+1G+4M 2M entry 0x70000063 pages 2M\n"
                            "map k " K "+1G+6M 2M to 0x200000 pages 2M\n"
                            "share a " K "+1G 1G with k " K "+1G\n"
                            "share k " K "+8G 1G with k " K "+1G\n" SHARES NEIGHBOURS INTO OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .ranges = {{.first = A + 2 * M - 0x1000, .last = A + 2 * M + 0x5800},
                   {.first = A + 5 * M, .last = A + 2048 * M - 1},
                   {.first = A + 8192 * M, .last = A + 12000 * M}},
        .hits = 5,
    },
    {
        // The file lacks what some of the pages hold.
        .name = "shared_cut_file",
        .spec = START TABLE SHARES NEIGHBOURS INTO OUT_OF,
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142434445464748", 1}},
        .cut = 0x110000 - 0xb1ffd, // the last neighbour's half, too
        .hits = 4,
    },
    {
        // Where it starts depends on what is before the table.
        .name = "shared_regex_into",
        .spec = START TABLE SHARES NEIGHBOURS "fill 0x60000 200 byte 0x41\n"
                                              "fill 0x81f00 256 byte 0x41\n"
                                              "fill 0xa1ffe 2 byte 0x41\n"
                                              "fill 0xb0000 8K byte 0x41\n"
                                              "plant 0x600c8 hex 42\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142", 1}},
        .most = 500,
        .hits = 4,
    },
    {
        // Whether it ends, on what is behind.
        .name = "shared_regex_out_of",
        .spec = START TABLE SHARES NEIGHBOURS "fill 0x71000 8K byte 0x41\n"
                                              "fill 0xa4000 10 byte 0x41\n"
                                              "plant 0x94000 hex 42\n"
                                              "plant 0xa400a hex 42\n"
                                              "plant 0xb4001 hex 42\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142", 1}},
        .most = 500,
        .hits = 2,
    },
    {
        // Inside the table they begin where they may not, wherever the walk of its end begins.
        .name = "shared_regex_aligned",
        .spec = START "map k " K "+2M 4K to 0x60000\n"
                      "map k " K "+4M-20K 20K to 0x70000\n" SHARES NEIGHBOURS
                      "fill 0x60101 10 byte 0x41\n"
                      "plant 0x6010b hex 42\n"
                      "fill 0x70ff1 100 byte 0x41\n"
                      "fill 0x71ff2 100 byte 0x41\n"
                      "fill 0x72ff3 100 byte 0x41\n"
                      "fill 0x73ff4 100 byte 0x41\n"
                      "plant 0x71055 hex 42\n"
                      "plant 0x72056 hex 42\n"
                      "plant 0x73057 hex 42\n"
                      "plant 0x74058 hex 42\n"
                      "fill 0x74ff0 16 byte 0x41\n"
                      "plant 0x94000 hex 42\n"
                      "plant 0xb4000 hex 42\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142", 8}},
        .most = 500,
        .hits = 2,
    },
    {
        .name = "shared_regex_long",
        .spec = START TABLE SHARES NEIGHBOURS "fill 0x60000 900 byte 0x41\n"
                                              "fill 0x90000 8K byte 0x41\n"
                                              "fill 0xb1000 4K byte 0x41\n"
                                              "plant 0x60384 hex 42\n",
        .spaces = {"kernel", "1", "2"},
        .needles = {{"4142", 1}, {"4142", 1}},
        .most = 1000,
        .hits = 8,
    },
};

const size_t n_shared_cases = sizeof(shared_cases) / sizeof(shared_cases[0]);
