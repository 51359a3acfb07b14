// SPDX-License-Identifier: MIT

#include "bench_pattern_files.h"

void write_memscan_patterns(FILE *file, const struct row_pattern *patterns, size_t n)
{
    static const char letters[MS_N_PATTERN_KINDS] = "bwdqauxe";

    for (size_t i = 0; i < n; i++) {
        const struct row_pattern *pattern = &patterns[i];

        fputc(letters[pattern->kind], file);
        if (pattern->ignore_case)
            fputs("/i", file);
        if (pattern->align)
            fprintf(file, "/align=%u", pattern->align);
        fprintf(file, " '%s'\n", pattern->text);
    }
}

void write_expressions(FILE *file, const struct row_pattern *patterns, size_t n)
{
    char expression[EXPRESSION_ROOM];

    for (size_t i = 0; i < n; i++) {
        pattern_expression(&patterns[i], expression);
        fprintf(file, "%s\n", expression);
    }
}

void write_bytes(FILE *file, const struct row_pattern *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fwrite(patterns[i].bytes, 1, patterns[i].n_bytes, file);
        fputc('\n', file);
    }
}

void write_yara_rule(FILE *file, const struct row_pattern *patterns, size_t n)
{
    char expression[EXPRESSION_ROOM];

    fputs("rule row\n{\n    strings:\n", file);
    for (size_t i = 0; i < n; i++) {
        pattern_expression(&patterns[i], expression);
        fprintf(file, "        $p%zu = /", i);
        for (const char *c = expression; *c; c++)
            fprintf(file, *c == '/' ? "\\%c" : "%c", *c);
        fputs(patterns[i].ignore_case ? "/i\n" : "/\n", file);
    }
    fputs("    condition:\n        any of them\n}\n", file);
}

bool pattern_file_make(struct memory_file *file, pattern_writer *write, const struct row *row,
                       const struct row_pattern *patterns)
{
    FILE *stream;

    if (!memory_file_make(file))
        return false;
    stream = memory_file_stream(file, "w");
    if (!stream)
        return false;
    write(stream, patterns, row->n_patterns);
    if (fclose(stream) == 0)
        return true;
    perror("memscan-bench: a file of patterns");
    return false;
}
