// SPDX-License-Identifier: MIT

#include "file_time.h"

#include <time.h>

void format_file_time(char room[FILE_TIME_ROOM], uint64_t time)
{
    const uint64_t ticks = 10000000, to_1970 = UINT64_C(11644473600);
    time_t seconds = (time_t)(time / ticks) - (time_t)to_1970;
    struct tm parts;

    room[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL)
        strftime(room, FILE_TIME_ROOM, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
