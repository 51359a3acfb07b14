// SPDX-License-Identifier: MIT
//
// Where in an address space code may be: the executable sections of modules, and executable pages.

#ifndef MS_WINDOWS_CODE_AREAS_H
#define MS_WINDOWS_CODE_AREAS_H

#include "base/vec.h"
#include <memscan/code_refs.h>

struct ms_code_area {
    struct ms_range range;
    unsigned page_flags; // enum ms_page_flags that its pages must have
};

typedef MS_VEC(struct ms_code_area) ms_code_area_vec;

// Lists the areas that the options ask for, disjoint and ascending. The caller frees the items, on
// failure too. MS_NOMEM.
enum ms_status ms_code_areas_list(const struct ms_code_refs_options *options,
                                  ms_code_area_vec *areas, struct ms_error *error);

#endif
