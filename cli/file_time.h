// SPDX-License-Identifier: MIT
//
// Windows' FILETIME: 100 ns since 1601, UTC.

#ifndef CLI_FILE_TIME_H
#define CLI_FILE_TIME_H

#include <stdint.h>

#define FILE_TIME_ROOM 40

// As ISO 8601, to the second: "2010-11-20T09:30:02Z"; "" where it is no time.
void format_file_time(char room[FILE_TIME_ROOM], uint64_t time);

#endif
