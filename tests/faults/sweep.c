// SPDX-License-Identifier: MIT
//
// Runs a command again and again, with a fault at its first moment, its second, its third, ...
// until it is over before the fault happens; and judges how each run ends.
//
//     sweep FAULT JUDGE COMMAND [ARGUMENT]...
//
// FAULT is what shim.c understands, with % for the number of the moment (a second % is one more).
// The first DENSE moments are all tried, of those behind them every twentieth or so. JUDGE:
//
//     same        all is as without a fault
//     memory      the same, or status 2, with a last line on stderr that memory is lacking, behind
//                 whole lines of the right output
//     output      the same, or status 2, with a line about standard output, behind the beginning of
//                 the right output
//     read        status 2 with a line about what could not be read, and no output; or another
//                 answer, and stderr tells what it lacks
//     interrupt   first the signal kills, and nothing has been printed; later it ends the run with
//                 130, whole lines, and a --from that prints exactly the rest; and at last it comes
//                 too late
//     part        as interrupt, but nothing goes on: some lines of the right output, and stderr
//                 tells that it was interrupted
//     dies        the signal kills, behind the beginning of the right output, or comes too late

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define DENSE           300 // or $SWEEP_DENSE
#define MAX_MOMENTS     1000000
#define TIMEOUT_SECONDS 60

// == Running ==

struct text {
    char *bytes; // NUL behind them
    size_t length;
};

struct run {
    struct text out, err;
    int status; // of wait()
    bool happened;
};

static char **command;
static int n_arguments;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static struct text take(int fd)
{
    off_t length = lseek(fd, 0, SEEK_END);
    struct text text = {malloc((size_t)length + 1), (size_t)length};

    if (text.bytes == NULL || pread(fd, text.bytes, text.length, 0) != length)
        die("sweep");
    text.bytes[length] = '\0';
    close(fd);
    return text;
}

static void run_release(struct run *run)
{
    free(run->out.bytes);
    free(run->err.bytes);
}

// The command with a fault, which may be NULL, and with --from, which may be NULL too.
static void execute(const char *fault, const char *from, const int fds[3])
{
    char **arguments = calloc((size_t)n_arguments + 3, sizeof(*arguments));
    char fd[16];

    if (arguments == NULL || dup2(fds[0], 1) < 0 || dup2(fds[1], 2) < 0)
        _exit(126);
    memcpy(arguments, command, (size_t)n_arguments * sizeof(*arguments));
    if (from != NULL) {
        arguments[n_arguments] = strdup("--from");
        arguments[n_arguments + 1] = strdup(from);
    }
    if (fault != NULL) {
        snprintf(fd, sizeof(fd), "%d", fds[2]);
        setenv("FAULT", fault, 1);
        setenv("FAULT_FD", fd, 1);
        setenv("LD_PRELOAD", getenv("SHIM"), 1);
    }
    alarm(TIMEOUT_SECONDS); // a hang ends so
    execv(arguments[0], arguments);
    _exit(127);
}

// Waits for the end; who stops is told to go on.
static int wait_for(pid_t child)
{
    int status;

    do {
        if (waitpid(child, &status, WUNTRACED) != child)
            die("sweep: wait");
        if (WIFSTOPPED(status))
            kill(child, SIGCONT);
    } while (WIFSTOPPED(status));
    return status;
}

static struct run run_command(const char *fault, const char *from)
{
    int fds[3] = {memfd_create("out", MFD_CLOEXEC), memfd_create("err", MFD_CLOEXEC),
                  memfd_create("happened", 0)};
    struct run run;
    struct text happened;
    pid_t child = fork();

    if (child == 0)
        execute(fault, from, fds);
    if (child < 0)
        die("sweep: fork");
    run.status = wait_for(child);
    run.out = take(fds[0]);
    run.err = take(fds[1]);
    happened = take(fds[2]);
    run.happened = happened.length > 0;
    free(happened.bytes);
    return run;
}

// == Comparing ==

static bool exits_with(const struct run *run, int status)
{
    return WIFEXITED(run->status) && WEXITSTATUS(run->status) == status;
}

static bool begins_with(const struct text *text, const struct text *start)
{
    return start->length <= text->length && memcmp(text->bytes, start->bytes, start->length) == 0;
}

static bool equal(const struct text *a, const struct text *b)
{
    return a->length == b->length && begins_with(a, b);
}

static bool same(const struct run *a, const struct run *b)
{
    return a->status == b->status && equal(&a->out, &b->out) && equal(&a->err, &b->err);
}

static bool whole_lines(const struct text *text)
{
    return text->length == 0 || text->bytes[text->length - 1] == '\n';
}

// Takes the last line off a text.
static struct text cut_line(struct text *text)
{
    size_t at = text->length > 0 ? text->length - 1 : 0;
    struct text line;

    while (at > 0 && text->bytes[at - 1] != '\n')
        at--;
    line = (struct text){text->bytes + at, text->length - at};
    text->length = at;
    return line;
}

static bool ends_with(const struct text *text, const char *end)
{
    size_t n = strlen(end);

    return text->length >= n && memcmp(text->bytes + text->length - n, end, n) == 0;
}

// Only the hits of JSON lines are to be found again behind --from; every other line is a hit.
static struct text keep_hits(const struct text *text)
{
    struct text kept = {calloc(text->length + 1, 1), 0};
    const char *line = text->bytes, *end;

    if (kept.bytes == NULL)
        die("sweep");
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t length = (size_t)(end + 1 - line);

        if (line[0] == '{' && strncmp(line, "{\"type\":\"hit\",", 14) != 0)
            continue;
        memcpy(kept.bytes + kept.length, line, length);
        kept.length += length;
    }
    return kept;
}

// == Judges ==

// Return what is wrong, or NULL.

static const char *judge_same(const struct run *good, const struct run *run)
{
    return same(good, run) ? NULL : "not the right answer";
}

static bool lacks_memory(const struct text *line)
{
    return ends_with(line, ": out of memory\n") || ends_with(line, ": Cannot allocate memory\n");
}

static const char *judge_memory(const struct run *good, const struct run *run)
{
    struct text rest = run->err, shorter = rest, line = cut_line(&shorter);

    if (same(good, run))
        return NULL;
    if (!exits_with(run, 2))
        return "neither the right answer nor status 2";
    if (!lacks_memory(&line))
        return "the last line of stderr does not say that memory is lacking";
    for (; lacks_memory(&line); line = cut_line(&shorter)) // one for each image
        rest = shorter;
    if (!begins_with(&good->err, &rest))
        return "stderr has more than that";
    if (!whole_lines(&run->out) || !begins_with(&good->out, &run->out))
        return "the output is not the beginning of the right one, in whole lines";
    return NULL;
}

static const char *judge_output(const struct run *good, const struct run *run)
{
    struct text before = run->err, line = cut_line(&before);

    if (same(good, run))
        return NULL;
    if (!exits_with(run, 2))
        return "neither the right answer nor status 2";
    if (strncmp(line.bytes, "memscan: standard output: ", 26) != 0 || before.length > 0)
        return "stderr has not just a line about standard output";
    return begins_with(&good->out, &run->out) ? NULL : "not the beginning of the right output";
}

static const char *judge_read(const struct run *good, const struct run *run)
{
    struct text before = run->err, line = cut_line(&before);

    if (exits_with(run, 2)) {
        bool clear = ends_with(&line, " cannot be read: Input/output error\n");

        return clear && before.length == 0 && run->out.length == 0 ? NULL : "not a clear error";
    }
    if (run->status != good->status)
        return "neither the status without a fault nor 2";
    if (strstr(run->err.bytes, " unreadable\n") == NULL &&
        strstr(run->err.bytes, ": warning: ") == NULL)
        return "stderr does not tell what was lost";
    return NULL;
}

static const char *check_rest(const struct run *good, const struct run *run, const char *from)
{
    struct run rest = run_command(NULL, from);
    struct text hits[] = {keep_hits(&good->out), keep_hits(&run->out), keep_hits(&rest.out)};
    const char *problem = NULL;

    if (hits[1].length + hits[2].length != hits[0].length || !begins_with(&hits[0], &hits[1]) ||
        memcmp(hits[0].bytes + hits[1].length, hits[2].bytes, hits[2].length) != 0)
        problem = "--from does not print exactly the rest";
    if (!exits_with(&rest, 0) && !exits_with(&rest, 1))
        problem = "--from fails";
    for (size_t i = 0; i < COUNT(hits); i++)
        free(hits[i].bytes);
    run_release(&rest);
    return problem;
}

static const char *judge_interrupt(const struct run *good, const struct run *run)
{
    static bool caught; // at an earlier moment
    struct text before = run->err, line = cut_line(&before);
    const char *at;
    char from[32];

    if (WIFSIGNALED(run->status)) {
        if (caught || run->out.length > 0 || run->err.length > 0)
            return "killed after it had begun";
        return NULL;
    }
    if (same(good, run))
        return caught ? NULL : "the signal is never caught";
    caught = true;
    if (!exits_with(run, 130))
        return "neither killed, nor 130, nor the right answer";
    if (!whole_lines(&run->out))
        return "the output is not whole lines";
    at = strstr(line.bytes, "--from ");
    if (at != NULL && sscanf(at, "--from %31s goes on", from) == 1)
        return check_rest(good, run, from);
    if (strstr(line.bytes, "interrupted before ") == NULL)
        return "stderr does not tell how to go on";
    return begins_with(&good->out, &run->out) ? NULL : "not the beginning of the right output";
}

static bool are_some_lines(const struct text *all, const struct text *some)
{
    const char *at = all->bytes, *line = some->bytes;

    while (*line != '\0' && *at != '\0') {
        size_t length = strcspn(at, "\n") + 1;

        if (strncmp(line, at, length) == 0)
            line += length;
        at += length;
    }
    return *line == '\0';
}

static const char *judge_part(const struct run *good, const struct run *run)
{
    static bool caught; // at an earlier moment

    if (WIFSIGNALED(run->status))
        return caught || run->out.length > 0 ? "killed after it had begun" : NULL;
    if (same(good, run))
        return caught ? NULL : "the signal is never caught";
    caught = true;
    if (!exits_with(run, 130))
        return "neither killed, nor 130, nor the right answer";
    if (strstr(run->err.bytes, ": interrupted") == NULL)
        return "stderr does not tell of it";
    return whole_lines(&run->out) && are_some_lines(&good->out, &run->out)
               ? NULL
               : "not some lines of the right output";
}

static const char *judge_dies(const struct run *good, const struct run *run)
{
    if (same(good, run))
        return NULL;
    if (!WIFSIGNALED(run->status))
        return "neither killed, nor the right answer";
    return begins_with(&good->out, &run->out) ? NULL : "not the beginning of the right output";
}

static const struct judge {
    const char *name;
    const char *(*judge)(const struct run *good, const struct run *run);
} judges[] = {
    {"same", judge_same}, {"memory", judge_memory},       {"output", judge_output},
    {"read", judge_read}, {"interrupt", judge_interrupt}, {"part", judge_part},
    {"dies", judge_dies},
};

static const struct judge *find_judge(const char *name)
{
    for (size_t i = 0; i < COUNT(judges); i++)
        if (strcmp(judges[i].name, name) == 0)
            return &judges[i];
    fprintf(stderr, "sweep: no judge is called %s\n", name);
    exit(2);
}

// == The sweep ==

static void fill_in(char *fault, size_t room, const char *template, long moment)
{
    size_t used = 0;

    for (; *template != '\0' && used < room - 1; template ++) {
        if (*template == '%')
            used += (size_t)snprintf(fault + used, room - used, "%ld", moment++);
        else
            fault[used++] = *template;
    }
    fault[used < room ? used : room - 1] = '\0';
}

// By a signal that nobody has sent; SIGALRM stands for a hang.
static bool crashed(int status)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGALRM};

    for (size_t i = 0; i < COUNT(crashes); i++)
        if (WIFSIGNALED(status) && WTERMSIG(status) == crashes[i])
            return true;
    return false;
}

// 1, 2, 3, ..., and then larger steps.
static long next_moment(long moment)
{
    const char *dense = getenv("SWEEP_DENSE");
    long all = dense != NULL ? atol(dense) : DENSE;

    return moment + (moment <= all ? 1 : moment / 20 + 1);
}

static void describe(const char *fault, const char *problem, const struct run *run)
{
    printf("%s: %s\n  ended by %s %d\n  stderr: %s\n  stdout: %zu bytes\n", fault, problem,
           WIFSIGNALED(run->status) ? "signal" : "status",
           WIFSIGNALED(run->status) ? WTERMSIG(run->status) : WEXITSTATUS(run->status),
           run->err.bytes, run->out.length);
}

int main(int argc, char **argv)
{
    const struct judge *judge;
    struct run good;
    long moment = 1, tried = 0, failed = 0;
    bool happened = true;

    if (argc < 4 || getenv("SHIM") == NULL)
        return fputs("usage: SHIM=... sweep FAULT JUDGE COMMAND [ARGUMENT]...\n", stderr), 2;
    judge = find_judge(argv[2]);
    command = argv + 3;
    n_arguments = argc - 3;
    good = run_command(NULL, NULL);
    while (happened && moment < MAX_MOMENTS) {
        char fault[256];
        struct run run;
        const char *problem;

        fill_in(fault, sizeof(fault), argv[1], moment);
        run = run_command(fault, NULL);
        happened = run.happened;
        if (crashed(run.status))
            problem = "crash or hang";
        else
            problem = happened ? judge->judge(&good, &run) : judge_same(&good, &run);
        if (problem != NULL && ++failed <= 5)
            describe(fault, problem, &run);
        run_release(&run);
        tried++;
        moment = next_moment(moment);
    }
    run_release(&good);
    printf("%s: %s: %ld of %ld moments, %ld bad:", argv[1], judge->name, tried, moment, failed);
    for (int i = 4; i < argc; i++)
        printf(" %s", argv[i]);
    printf("\n");
    if (moment == next_moment(1))
        puts("nothing was tested: the fault never happens");
    return failed > 0 || happened || moment == next_moment(1) ? 1 : 0;
}
