// SPDX-License-Identifier: MIT
//
// Windows: pages side by side at a virtual address of their own, in which markers are planted.

#ifndef MEMSCAN_TESTS_GUEST_WINDOWS_H
#define MEMSCAN_TESTS_GUEST_WINDOWS_H

// Plants markers in pages from all over memory, and says where they are. Needs /proc and /sys.
void windows_plant(void);

// Plants in the pages that the kernel was told to leave alone, which are the first or the last ones
// beside a hole.
void windows_plant_edges(void);

// Fails if the kernel has moved a page since.
void windows_check(void);

#endif
