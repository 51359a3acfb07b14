// SPDX-License-Identifier: MIT

#include "pieces.h"

void pieces_all(piece_taker *take)
{
    pieces_kernels(take);
    pieces_engines(take);
    pieces_patterns(take);
    pieces_images(take);
    pieces_hits(take);
    pieces_printers(take);
}
