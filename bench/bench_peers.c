// SPDX-License-Identifier: MIT
//
// memscan beside other programs that could search an image. All print where their hits are, and
// what they print is compared with what the library finds: a fast wrong answer is none. So the
// patterns are such that each program can find all of them: no byte 0a, by which programs that work
// on lines cut their input; regexes of which no two matches end at the same place, where memscan
// reports the earlier alone.
//
// What cannot be asked of all is taken out before comparing: only memscan knows that values lie at
// multiples of their size, and of matches that overlap ripgrep and grep report the first alone.

#include "bench_sections.h"

#include "bench_hyperscan.h"

static bool find(struct bench *bench, size_t i)
{
    const struct tool *tool = &tools[i];

    if (tool->program)
        return tool_version(tool, bench->versions[i], sizeof(bench->versions[i]));
    return bare_is_built || !tool->needs_hyperscan;
}

bool peers_find(struct bench *bench)
{
    bool any = false;

    for (size_t i = 0; i < N_TOOLS; i++) {
        bench->has_tool[i] = find(bench, i);
        if (!bench->has_tool[i])
            fprintf(stderr, "memscan-bench: left out: %s is not %s\n", tools[i].name,
                    tools[i].program ? "installed" : "in this build");
        any = any || (bench->has_tool[i] && !tools[i].aligned);
    }
    if (!any)
        fputs("memscan-bench: skipped: there is no program to compare with\n", stderr);
    return any;
}

static void keep_aligned(struct hit_set *set, uint32_t align)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->n; i++) {
        if (set->items[i].start % align == 0)
            set->items[kept++] = set->items[i];
    }
    set->n = kept;
}

static bool compare(struct bench *bench, const struct running *running, const struct tool *tool,
                    struct measurement *measured)
{
    const struct row *row = running->result->row;
    struct view view = {pattern_alignment(&running->patterns[0]), tool->leftmost};
    struct hit_set found = {0};
    bool ok = hits_of_output(&found, &bench->out);

    if (ok && !tool->aligned)
        keep_aligned(&found, view.align);
    if (ok && !hits_agree(&running->all, &view, &found, row->name, tool->name))
        bench->disagreed = true;
    measured->hits = found.n;
    hits_release(&found);
    return ok;
}

static bool run_tool(struct bench *bench, struct running *running, const struct tool *tool,
                     const struct tool_input *input)
{
    const char *arguments[MAX_ARGUMENTS + 1] = {NULL};
    struct runner *runner = result_runner(running->result, tool->name);
    struct measurement measured;

    if (runner->gave_up_after > 0 ||
        (runner->n_rounds > 0 &&
         runner->rounds[runner->n_rounds - 1].seconds > bench->options.patience))
        return true;
    tool->arguments(input, arguments);
    if (!memory_file_clear(&bench->out) ||
        !process_run_within(bench->options.give_up, arguments, &bench->out, &bench->error,
                            &measured))
        return false;
    if (measured.gave_up) {
        runner->gave_up_after = bench->options.give_up;
        fprintf(stderr, "memscan-bench: %s: %s is stopped after %g s\n", running->result->row->name,
                tool->name, bench->options.give_up);
        return true;
    }
    if (!compare(bench, running, tool, &measured))
        return false;
    runner_add(runner, &measured);
    return true;
}

bool measure_peers(struct bench *bench, struct running *running)
{
    const struct row *row = running->result->row;
    struct tool_input input = {0};
    bool ok = measure_read_process(bench, running);

    if (ok && running->result->runners[0].n_rounds == 1)
        ok = hits_of_library(&running->all, row, running->patterns, running->image);
    ok = ok && tool_input_make(&input, row, running->patterns, running->image->path);
    for (size_t i = 0; ok && i < N_TOOLS; i++) {
        // Also of a program that is missing: its column says so.
        result_runner(running->result, tools[i].name);
        if (bench->has_tool[i])
            ok = run_tool(bench, running, &tools[i], &input);
    }
    tool_input_release(&input);
    return ok;
}
