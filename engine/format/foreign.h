// SPDX-License-Identifier: MIT
//
// Containers that are recognised, so that nobody searches them for memory by mistake, but not read.

#ifndef MS_FORMAT_FOREIGN_H
#define MS_FORMAT_FOREIGN_H

#include "format/format.h"

// The strongest recognised container: returns the number of bits that are as it has them and sets
// *title_ret to its name for people (a string constant). 0: none, *title_ret is left alone.
unsigned ms_foreign_bid(const struct ms_head *head, const char **title_ret);

#endif
