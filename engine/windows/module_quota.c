// SPDX-License-Identifier: MIT

#include "windows/module_quota.h"

#include "space/spaces.h"

#include <string.h>

#define KEPT_BYTES UINT64_C(0x2000000)
#define KEPT_PART  32
#define READ_BYTES UINT64_C(0x10000000)

void ms_module_quota_start(struct ms_module_quota *quota, const struct ms_kernel_memory *memory)
{
    uint64_t image = memory->spaces->present.bytes, kept = KEPT_BYTES + image / KEPT_PART;

    quota->memory = memory;
    atomic_init(&quota->lists, kept / 4);
    atomic_init(&quota->tables, kept - kept / 4);
    atomic_init(&quota->read, READ_BYTES + image);
}

static bool take(atomic_uint_least64_t *left, uint64_t bytes)
{
    uint64_t before = atomic_load(left);

    do {
        if (bytes > before)
            return false;
    } while (!atomic_compare_exchange_weak(left, &before, before - bytes));
    return true;
}

static size_t read_metered(void *user, uint64_t address, uint8_t *bytes, bool *present,
                           size_t length)
{
    struct ms_module_quota *quota = user;

    if (!take(&quota->read, length)) {
        atomic_store(&quota->read, 0);
        memset(bytes, 0, length);
        memset(present, 0, length);
        return 0;
    }
    return ms_spaces_read(quota->memory->spaces, quota->memory->space, address, bytes, present,
                          length);
}

struct ms_vmem ms_module_quota_vmem(struct ms_module_quota *quota)
{
    return (struct ms_vmem){.read = read_metered, .user = quota};
}

bool ms_module_quota_is_spent(const struct ms_module_quota *quota)
{
    return atomic_load(&quota->read) == 0;
}

bool ms_module_quota_list(struct ms_module_quota *quota, uint64_t bytes)
{
    return take(&quota->lists, bytes);
}

bool ms_module_quota_keep(struct ms_module_quota *quota, uint64_t bytes)
{
    if (!ms_module_quota_is_spent(quota) && take(&quota->tables, bytes))
        return true;
    atomic_store(&quota->read, 0);
    return false;
}

void ms_module_quota_give_back(struct ms_module_quota *quota, uint64_t bytes)
{
    atomic_fetch_add(&quota->tables, bytes);
}
