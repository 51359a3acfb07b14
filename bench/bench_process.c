// SPDX-License-Identifier: MIT

#include "bench_process.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// How often memory is looked at.
#define SAMPLE_MILLISECONDS 10

static bool failed(const char *what, int error)
{
    fprintf(stderr, "memscan-bench: %s: %s\n", what, strerror(error));
    return false;
}

// == Files in memory ==

bool memory_file_make(struct memory_file *file)
{
    // Without MFD_CLOEXEC: whom it is handed to finds it under the same number.
    file->fd = memfd_create("memscan-bench", 0);
    if (file->fd < 0)
        return failed("a file in memory", errno);
    snprintf(file->path, sizeof(file->path), "/dev/fd/%d", file->fd);
    return true;
}

void memory_file_release(struct memory_file *file)
{
    if (file->fd > 0)
        close(file->fd);
    *file = (struct memory_file){0};
}

bool memory_file_clear(struct memory_file *file)
{
    if (ftruncate(file->fd, 0) != 0 || lseek(file->fd, 0, SEEK_SET) != 0)
        return failed("a file in memory", errno);
    return true;
}

FILE *memory_file_stream(const struct memory_file *file, const char *mode)
{
    FILE *stream = fopen(file->path, mode);

    if (!stream)
        failed(file->path, errno);
    return stream;
}

// == Processes ==

static int spawn(const char *const arguments[], const struct memory_file *out,
                 const struct memory_file *error, pid_t *process_ret)
{
    char *copy[MAX_ARGUMENTS + 1] = {NULL};
    posix_spawn_file_actions_t actions;
    int status = arguments[0] ? posix_spawn_file_actions_init(&actions) : EINVAL;

    // posix_spawn() takes what main() gets: pointers to char that it does not write to.
    for (size_t i = 0; i < MAX_ARGUMENTS && arguments[i]; i++)
        memcpy(&copy[i], &arguments[i], sizeof(copy[i]));
    if (status != 0)
        return status;
    status = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (status == 0)
        status = out ? posix_spawn_file_actions_adddup2(&actions, out->fd, 1)
                     : posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (status == 0)
        status = posix_spawn_file_actions_adddup2(&actions, error->fd, 2);
    if (status == 0)
        status = posix_spawnp(process_ret, arguments[0], &actions, NULL, copy, environ);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

// Looks at the process's memory until it ends, or time is up.
static void watch(pid_t process, double deadline, struct measurement *measurement)
{
    struct pollfd end = {.fd = pidfd_open(process, 0), .events = POLLIN};

    while (end.fd >= 0 && !measurement->gave_up && poll(&end, 1, SAMPLE_MILLISECONDS) <= 0) {
        uint64_t bytes = anonymous_bytes(process);

        if (bytes > measurement->peak_bytes)
            measurement->peak_bytes = bytes;
        measurement->gave_up = now_seconds() > deadline;
    }
    if (measurement->gave_up)
        kill(process, SIGKILL);
    if (end.fd >= 0)
        close(end.fd);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int wait_for(pid_t process, struct measurement *measurement)
{
    struct rusage used = {0};
    int status = 0;

    while (wait4(process, &status, 0, &used) < 0 && errno == EINTR)
        ;
    measurement->user_seconds = seconds_of(used.ru_utime);
    measurement->system_seconds = seconds_of(used.ru_stime);
    measurement->processor_seconds = measurement->user_seconds + measurement->system_seconds;
    measurement->rss_bytes = (uint64_t)used.ru_maxrss * 1024;
    return status;
}

static bool complain(const char *program, int status, const struct memory_file *error)
{
    FILE *stream = memory_file_stream(error, "r");
    char line[512];

    if (WIFSIGNALED(status))
        fprintf(stderr, "memscan-bench: %s: ended by signal %d\n", program, WTERMSIG(status));
    else
        fprintf(stderr, "memscan-bench: %s: exit status %d\n", program, WEXITSTATUS(status));
    while (stream && fgets(line, sizeof(line), stream))
        fputs(line, stderr);
    if (stream)
        fclose(stream);
    return false;
}

bool process_run_within(double limit, const char *const arguments[], const struct memory_file *out,
                        struct memory_file *error, struct measurement *ret)
{
    double start;
    pid_t process;
    int status;

    *ret = (struct measurement){0};
    if (!memory_file_clear(error))
        return false;
    start = now_seconds();
    status = spawn(arguments, out, error, &process);
    if (status != 0)
        return failed(arguments[0], status);
    watch(process, start + limit, ret);
    status = wait_for(process, ret);
    ret->seconds = now_seconds() - start;
    if (ret->gave_up)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        return complain(arguments[0], status, error);
    return true;
}

bool process_run(const char *const arguments[], const struct memory_file *out,
                 struct memory_file *error, struct measurement *ret)
{
    return process_run_within(INFINITY, arguments, out, error, ret);
}
