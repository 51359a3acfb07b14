// SPDX-License-Identifier: MIT

#include "guest_say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

void say(const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (const char *c = line; *c; c++)
        outb((unsigned char)*c, DEBUG_PORT);
    outb('\n', DEBUG_PORT);
}

void stay(void)
{
    for (;;)
        pause();
}

void fail(const char *what)
{
    say("failed %s: %s", what, strerror(errno));
    stay();
}

void fail_plainly(const char *what)
{
    say("failed %s", what);
    stay();
}
