// SPDX-License-Identifier: MIT
//
// Where and when: what a figure is worth nothing without.

#include "bench_result.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void cpu_model(char *model)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[MACHINE_TEXT];

    snprintf(model, MACHINE_TEXT, "unknown");
    while (file && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(model, MACHINE_TEXT, "%s", colon + 1 + (colon[1] == ' '));
        break;
    }
    if (file)
        fclose(file);
}

// The commit that the source tree is at, with "-dirty" where it has changed since.
static void commit(char *text)
{
    FILE *git = popen("git -C '" BENCH_SOURCE "' describe --always --dirty 2>/dev/null", "r");

    if (!git || !fgets(text, MACHINE_TEXT, git))
        text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (git)
        pclose(git);
}

struct machine machine_facts(void)
{
    struct machine machine = {.processors = sysconf(_SC_NPROCESSORS_ONLN)};
    time_t now = time(NULL);
    struct utsname name;
    struct tm parts;

    cpu_model(machine.cpu);
    commit(machine.commit);
    strftime(machine.date, sizeof(machine.date), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&now, &parts));
    if (uname(&name) == 0)
        snprintf(machine.kernel, sizeof(machine.kernel), "%.64s %.64s", name.sysname, name.release);
    if (getloadavg(&machine.load, 1) != 1)
        machine.load = 0;
    return machine;
}
