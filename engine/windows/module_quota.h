// SPDX-License-Identifier: MIT
//
// What a struct ms_modules may cost. In honest machines modules lie apart, so that all their tables
// are a part of the image. A hostile one may map a page that looks like a module, or like a table,
// at a hundred thousand addresses. Two bounds keep the cost in proportion to the image:
//   - All that is kept of modules takes at most 32 MiB and a 32nd of the bytes that the image
//     holds; what lists of modules say, without their tables, a quarter of that. A kernel with
//     three hundred drivers takes about 20 MiB.
//   - For it at most 256 MiB are read, and as many bytes as the image holds. This also bounds the
//     time: whatever a table says of its size, each of its entries is read.
// What is read to find the kernel is not counted: that has bounds of its own.
//
// The first table that passes a bound is left out, and so are all that are asked for later. Notes
// tell it.
//
// Any number of threads may use a quota.

#ifndef MS_WINDOWS_MODULE_QUOTA_H
#define MS_WINDOWS_MODULE_QUOTA_H

#include "windows/kernel_memory.h"
#include <stdatomic.h>

struct ms_module_quota {
    const struct ms_kernel_memory *memory;
    atomic_uint_least64_t lists, tables, read; // bytes that are left
};

// `memory` must outlive the quota.
void ms_module_quota_start(struct ms_module_quota *quota, const struct ms_kernel_memory *memory);

// The memory, each reading of which is taken off the quota. Once that is spent nothing is present
// any more: what was made of it then may be wrong, and must be dropped.
struct ms_vmem ms_module_quota_vmem(struct ms_module_quota *quota);
bool ms_module_quota_is_spent(const struct ms_module_quota *quota);

// Takes bytes that are to be kept of a list. False: there are not so many; nothing was taken.
bool ms_module_quota_list(struct ms_module_quota *quota, uint64_t bytes);

// Takes bytes that are to be kept of a table. False: the quota is spent, if it was not before.
bool ms_module_quota_keep(struct ms_module_quota *quota, uint64_t bytes);
void ms_module_quota_give_back(struct ms_module_quota *quota, uint64_t bytes);

#endif
