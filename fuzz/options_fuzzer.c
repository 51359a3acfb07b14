// SPDX-License-Identifier: MIT
//
// Any command line. Whoever lets a script or a web form make one of what strangers give feeds this.
// The input is the arguments behind "memscan", each ended by a newline or a NUL. They are read and
// run as main() does it, in this process, on images in memory that are called `image`, `cut` (which
// describes more than it holds) and `raw`; `-f patterns`, `-f wrong` and `-f -` are files of
// patterns. Other names of files that exist stand for `image`, so that nothing else is read.
// Accepted command lines that ask for much work are not run.
//
// Held to: the contract's exit statuses; a status of 2 comes with a line on standard error, and
// one about an option names it and comes before any output; what is printed is whole lines without
// control characters; no descriptor stays open.

#include "fuzz.h"

#include "cli/command.h"

#include <fcntl.h>
#include <signal.h>

#define MAX_INPUT     2048
#define MAX_ARGUMENTS 24

// What an accepted command line may ask for.
#define MAX_CONTEXT    64
#define MAX_DUMP       2048
#define MAX_THREADS    2
#define MAX_OPERANDS   3
#define MAX_CHUNK      65536
#define MAX_REGEX      24 // characters; Hyperscan takes seconds for some longer ones
#define MAX_REGEXES    1
#define MAX_TO_COMPILE 6 // patterns

// == Files ==

static const uint8_t image_bytes[] =
    // 40 bytes at 1000, and behind them 24 at 1028, which are one segment.
    "EMiL\1\0\0\0\x00\x10\0\0\0\0\0\0\x27\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\x43\x00\x09\x78uest invalid\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0C\0\x09\x78Se  "
    "EMiL\1\0\0\0\x28\x10\0\0\0\0\0\0\x3f\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "s\0e\0c\0r\0e\0t\0\0\xf8\xff\xff\x1b[31m\x7f\xc3\xa9"
    // 32 bytes at 2000
    "EMiL\1\0\0\0\x00\x20\0\0\0\0\0\0\x1f\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "abababababababab\x00\x00\x00\x00\xff\xff\xff\xff\x43\x00\x09\x78zzzz";

// The array's own NUL is none of the image's bytes.
#define IMAGE_BYTES (sizeof(image_bytes) - 1)
#define CUT_BYTES   (IMAGE_BYTES - 24)

static const char good_patterns[] = "d 78090043 slop # a comment\n"
                                    "a/i \"se  \" tag\nx/align=4 \"43 00\"\n";
static const char wrong_patterns[] = "d 78090043\n\n  d 7809004g\n";

enum file_id {
    FILE_IMAGE,
    FILE_CUT,
    FILE_RAW,
    FILE_PATTERNS,
    FILE_WRONG,
    N_FILES,
};

static const struct {
    const char *name;
    const void *bytes;
    size_t size;
} file_table[N_FILES] = {
    [FILE_IMAGE] = {"image", image_bytes, IMAGE_BYTES},
    [FILE_CUT] = {"cut", image_bytes, CUT_BYTES},
    [FILE_RAW] = {"raw", image_bytes + 32, 40},
    [FILE_PATTERNS] = {"patterns", good_patterns, sizeof(good_patterns) - 1},
    [FILE_WRONG] = {"wrong", wrong_patterns, sizeof(wrong_patterns) - 1},
};

// == The process around a command ==

// Whose handlers the command sets.
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGXFSZ};

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

// Where the command's standard streams lead while it runs.
struct stage {
    struct memory_file files[N_FILES];
    struct memory_file out;
    int own_stdout;
    FILE *own_stdin, *own_stderr;
    char *errors;
    size_t errors_length;
    sigset_t own_mask;
    struct sigaction own_actions[N_SIGNALS];
};

// Until the fuzzer's handlers are back, signals wait.
static void keep_signals(struct stage *stage)
{
    sigset_t mask;

    sigemptyset(&mask);
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaddset(&mask, signals[i]);
    pthread_sigmask(SIG_BLOCK, &mask, &stage->own_mask);
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], NULL, &stage->own_actions[i]);
}

static void restore_signals(const struct stage *stage)
{
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &stage->own_actions[i], NULL);
    pthread_sigmask(SIG_SETMASK, &stage->own_mask, NULL);
}

// Standard error is caught as a stream, not as a descriptor: a sanitizer's report gets through.
static void stage_open(struct stage *stage)
{
    for (size_t i = 0; i < N_FILES; i++)
        stage->files[i] = memory_file_open(file_table[i].bytes, file_table[i].size);
    stage->out = memory_file_open(NULL, 0);
    fflush(stdout);
    stage->own_stdout = dup(STDOUT_FILENO);
    stage->own_stdin = stdin;
    stage->own_stderr = stderr;
    stdin = fmemopen((void *)(uintptr_t)good_patterns, sizeof(good_patterns) - 1, "r");
    stderr = open_memstream(&stage->errors, &stage->errors_length);
    if (stage->own_stdout < 0 || !stdin || !stderr || dup2(stage->out.fd, STDOUT_FILENO) < 0)
        abort();
    keep_signals(stage);
}

// The harness is itself again; what was printed can still be looked at.
static void stage_leave(struct stage *stage)
{
    restore_signals(stage);
    fclose(stdin);
    fclose(stderr);
    stdin = stage->own_stdin;
    stderr = stage->own_stderr;
    if (dup2(stage->own_stdout, STDOUT_FILENO) < 0)
        abort();
    close(stage->own_stdout);
}

static void stage_close(struct stage *stage)
{
    for (size_t i = 0; i < N_FILES; i++)
        memory_file_close(&stage->files[i]);
    memory_file_close(&stage->out);
    free(stage->errors);
}

// == Running ==

// The file that a name on the command line stands for; names of no file stay as they are.
static const char *resolve(const struct stage *stage, const char *name, enum file_id other)
{
    for (size_t i = 0; i < N_FILES; i++) {
        if (strcmp(name, file_table[i].name) == 0)
            return stage->files[i].path;
    }
    return access(name, F_OK) == 0 ? stage->files[other].path : name;
}

// The first operand that is an image; before it there are addresses.
static size_t first_image(const struct settings *settings)
{
    bool addresses = settings->command == COMMAND_DUMP || settings->command == COMMAND_V2P ||
                     settings->command == COMMAND_P2V;

    return addresses && settings->n_operands > 0 ? settings->n_operands - 1 : 0;
}

static void resolve_all(const struct stage *stage, struct settings *settings)
{
    for (size_t i = first_image(settings); i < settings->n_operands; i++)
        settings->operands[i] =
            (char *)(uintptr_t)resolve(stage, settings->operands[i], FILE_IMAGE);
    for (size_t i = 0; i < settings->n_patterns; i++) {
        struct pattern_argument *pattern = &settings->patterns[i];

        if (pattern->option->id == OPT_FILE && strcmp(pattern->text, "-") != 0)
            pattern->text = resolve(stage, pattern->text, FILE_PATTERNS);
    }
}

static bool dumps_little(const struct settings *settings)
{
    struct ms_range range;
    uint32_t size = ms_pattern_kind_size(settings->dump_kind);

    return settings->command != COMMAND_DUMP || settings->n_operands == 0 ||
           ms_range_parse(settings->operands[0], size, &range, NULL) != MS_OK ||
           range.last - range.first < MAX_DUMP;
}

static bool compiles_fast(const struct settings *settings)
{
    size_t n_regexes = 0;

    for (size_t i = 0; i < settings->n_patterns; i++) {
        if (settings->patterns[i].option->id != OPT_REGEX)
            continue;
        n_regexes++;
        if (strlen(settings->patterns[i].text) > MAX_REGEX)
            return false;
    }
    return n_regexes <= MAX_REGEXES && settings->n_patterns <= MAX_TO_COMPILE;
}

static bool is_bounded(const struct settings *settings)
{
    return settings->context <= MAX_CONTEXT && settings->n_operands <= MAX_OPERANDS &&
           settings->threads <= MAX_THREADS && settings->chunk_bytes <= MAX_CHUNK &&
           dumps_little(settings) && compiles_fast(settings);
}

#define NOT_RUN (-1)

static int run(const struct stage *stage, struct settings *settings)
{
    if (!settings->help && !settings->version) {
        if (!is_bounded(settings))
            return NOT_RUN;
        if (settings->threads == 0)
            settings->threads = 1; // else one a processor, which take longer to start than the rest
        resolve_all(stage, settings);
    }
    return command_run(settings);
}

// == What came of it ==

static void check_errors(const struct stage *stage)
{
    static const char prefix[] = "memscan: ";
    const char *line = stage->errors, *end = line + stage->errors_length;

    while (line < end) {
        const char *behind = memchr(line, '\n', (size_t)(end - line));

        CHECK(behind, "a line on standard error has no end: %s", line);
        CHECK((size_t)(behind - line) > strlen(prefix) && memcmp(line, prefix, strlen(prefix)) == 0,
              "who says this: %s", line);
        for (const char *c = line; c < behind; c++)
            CHECK((unsigned char)*c >= ' ' && *c != 127, "a control character: %s", line);
        line = behind + 1;
    }
}

// Whether the argument may be how this option was given: a letter, or a word that may be cut short.
static bool may_be(const char *argument, const char *name, const char *long_name)
{
    const char *word = argument + 2;
    size_t length;

    if (argument[0] != '-')
        return false;
    if (name[1] != '\0' && name[2] == '\0' && argument[1] != '-')
        return strchr(argument + 1, name[1]);
    long_name = long_name ? long_name : name + 2;
    length = strcspn(word, " :=");
    length = length < strlen(long_name) ? length : strlen(long_name);
    return strncmp(argument, "--", 2) == 0 && strncmp(word, long_name, length) == 0;
}

static const char *find_long_name(enum command_id command, const char *name)
{
    for (size_t i = 0; i < option_table_length; i++) {
        if (option_belongs(&option_table[i], command) && name[1] != '-' && name[2] == '\0' &&
            option_table[i].short_name == name[1])
            return option_table[i].long_name;
    }
    return NULL;
}

// The one line is about an option that was given.
static void check_names_option(const struct stage *stage, enum command_id command, int argc,
                               char **argv)
{
    char name[64];
    const char *text = stage->errors + strlen("memscan: ");
    size_t length = text[0] != '\0' && text[1] == '-' ? strcspn(text, " :=") : 2;
    bool given = false;

    CHECK(strchr(text, '\n') == stage->errors + stage->errors_length - 1, "several lines: %s",
          stage->errors);
    CHECK(text[0] == '-', "no option is named: %s", stage->errors);
    snprintf(name, sizeof(name), "%.*s", (int)length, text);
    for (int i = 1; i < argc; i++)
        given = given || may_be(argv[i], name, find_long_name(command, name));
    CHECK(given || strchr(name, '\\') || length >= sizeof(name), "%s was not given: %s", name,
          stage->errors);
}

static bool may_print(unsigned char c, const struct settings *settings)
{
    // CSV's quoted fields hold anything.
    return (c >= ' ' && c != 127) || c == '\n' || settings->format == FORMAT_CSV ||
           (c == '\033' && settings->color == COLOR_ALWAYS);
}

static void check_output(const struct stage *stage, const struct settings *settings)
{
    off_t size = lseek(stage->out.fd, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    bool objects = settings->format == FORMAT_JSONL && !settings->help && !settings->version;

    CHECK(text && pread(stage->out.fd, text, (size_t)size, 0) == size, "the output is lost");
    CHECK(size == 0 || text[size - 1] == '\n', "the last line has no end");
    for (off_t i = 0; i < size; i++) {
        CHECK(may_print((unsigned char)text[i], settings), "character 0x%02x in the output",
              (unsigned char)text[i]);
        if (objects && (i == 0 || text[i - 1] == '\n'))
            CHECK(text[i] == '{', "a line is no object");
    }
    free(text);
}

static void check_status(const struct stage *stage, const struct settings *settings, int status)
{
    bool nothing_said = stage->errors_length == 0;

    CHECK(status >= 0 && status <= 3, "status %d", status);
    CHECK(status != 2 || !nothing_said, "an error without a word");
    CHECK(status != 3 || settings->coverage_required, "no coverage was required");
    CHECK(status >= 2 || !settings->quiet || settings->stats || nothing_said, "not quiet: %s",
          stage->errors);
}

// == One command line ==

// Splits the text, which it changes. Returns the number of arguments.
static int split(char *text, size_t length, char **argv)
{
    int argc = 1;

    argv[0] = (char *)(uintptr_t) "memscan";
    for (size_t at = 0; at < length && argc <= MAX_ARGUMENTS; at++) {
        argv[argc++] = text + at;
        while (at < length && text[at] != '\n' && text[at] != '\0')
            at++;
        text[at] = '\0';
    }
    argv[argc] = NULL;
    return argc;
}

static void run_line(int argc, char **argv)
{
    enum command_id command = argc > 1 ? command_find(argv[1]) : N_COMMANDS;
    int named = command < N_COMMANDS, status = EXIT_ERROR;
    struct settings settings;
    struct stage stage = {0};
    bool parsed;

    if (!named)
        command = COMMAND_SEARCH;
    stage_open(&stage);
    parsed = settings_parse(&settings, command, argc - named, argv + named);
    if (parsed)
        status = run(&stage, &settings);
    stage_leave(&stage);
    if (status != NOT_RUN) {
        check_errors(&stage);
        check_status(&stage, &settings, status);
        check_output(&stage, &settings);
    }
    if (!parsed) {
        check_names_option(&stage, command, argc - named, argv + named);
        CHECK(lseek(stage.out.fd, 0, SEEK_END) == 0, "output before the error");
    }
    settings_release(&settings);
    stage_close(&stage);
}

// A bit for each of the first descriptors that is open.
static uint64_t open_descriptors(void)
{
    uint64_t open = 0;

    for (int fd = 0; fd < 64; fd++)
        open |= (uint64_t)(fcntl(fd, F_GETFD) >= 0) << fd;
    return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MAX_INPUT + 1];
    char *argv[MAX_ARGUMENTS + 2];
    uint64_t before = open_descriptors();

    if (size > MAX_INPUT)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    run_line(split(text, size, argv), argv);
    CHECK(open_descriptors() == before, "a descriptor stays open");
    return 0;
}
