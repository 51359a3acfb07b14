// SPDX-License-Identifier: MIT
// libmemscan in one page: prints where a DWORD is in an image, as in "example 78090043 x.raw".

#include <inttypes.h>
#include <memscan/memscan.h>
#include <stdio.h>
#include <string.h>

static int print_hit(void *user, const struct ms_hit *hit)
{
    (void)user;
    for (uint64_t i = 0; i < hit->repeat; i++)
        printf("%08" PRIx64 "\n", hit->address + i * hit->stride);
    return 0; // anything else would stop the search
}

int main(int argc, char **argv)
{
    struct ms_search_callbacks callbacks = {.hit = print_hit};
    struct ms_search_options options;
    struct ms_search_result result;
    struct ms_image *image = NULL;
    struct ms_patterns *patterns = NULL;
    struct ms_matcher *matcher = NULL;
    struct ms_error error = {.text = "usage: example VALUE IMAGE"};
    int failed = argc != 3 || ms_image_open(argv[2], NULL, &image, &error) ||
                 ms_patterns_create(&patterns, &error) ||
                 ms_patterns_add(patterns, MS_DWORD, argv[1], strlen(argv[1]), NULL, &error) ||
                 ms_matcher_create(patterns, NULL, &matcher, &error);

    ms_search_options_init(&options);
    if (failed || ms_search(image, matcher, &options, &callbacks, &result, &error))
        failed = fprintf(stderr, "%s\n", error.text);
    else
        ms_search_result_release(&result);
    ms_matcher_free(matcher);
    ms_patterns_free(patterns);
    ms_image_close(image);
    return failed ? 2 : 0;
}
