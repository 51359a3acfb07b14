// SPDX-License-Identifier: MIT
//
// The readers that registry.c lists. Each is documented in the file of its name.

#ifndef MS_FORMAT_FORMATS_H
#define MS_FORMAT_FORMATS_H

#include "format/format.h"

extern const struct ms_format_ops ms_format_crashdump32;
extern const struct ms_format_ops ms_format_crashdump64;
extern const struct ms_format_ops ms_format_elf32;
extern const struct ms_format_ops ms_format_elf64;
extern const struct ms_format_ops ms_format_lime;
extern const struct ms_format_ops ms_format_raw;

#endif
