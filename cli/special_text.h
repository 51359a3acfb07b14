// SPDX-License-Identifier: MIT
//
// The lines of text of memscan pool --special.

#ifndef CLI_SPECIAL_TEXT_H
#define CLI_SPECIAL_TEXT_H

#include "special_rows.h"

// "intact", "overwritten".
const char *special_slop_name(const struct ms_special_page_info *page);

void special_text_counts(struct special_printer *printer, size_t dump);
void special_text_page(struct special_printer *printer, size_t index,
                       const struct ms_special_page_info *page);
void special_text_words(struct special_printer *printer);
void special_text_owners(struct special_printer *printer, uint32_t value);

#endif
