// SPDX-License-Identifier: MIT
//
// Containers that are recognised but not read: searching their bytes as if they were memory would
// answer the wrong question without a word. One row a magic number; what else is checked of the
// head strengthens the bid, so that a stretch of memory which happens to begin like one is not
// mistaken.

#include "format/foreign.h"

#include "base/bytes.h"

#include <string.h>

struct foreign {
    const char *title;
    const char *magic;
    uint8_t length; // of the magic, at offset 0

    // Bits beyond the magic's that are as they should be; 0: not this container. NULL: the magic is
    // all there is.
    unsigned (*confirm)(const struct ms_head *head);
};

// The low half of a minidump's version is fixed.
static unsigned confirm_minidump(const struct ms_head *head)
{
    return ms_le16(head->bytes + 4) == 0xa793 ? 16 : 0;
}

static unsigned confirm_avml(const struct ms_head *head)
{
    return ms_le32(head->bytes + 4) == 2 ? 32 : 0;
}

// VMware's header counts its groups, of which there are a few dozen: 80 bytes each, behind 12.
static unsigned confirm_vmware(const struct ms_head *head)
{
    uint32_t n_groups = ms_le32(head->bytes + 8);

    return n_groups >= 1 && n_groups <= 4096 ? 20 : 0;
}

// Most ZIPs are no images. An AFF4 volume starts with one of two files, or with a stream whose name
// is its URN, aff4://..., percent-encoded.
static unsigned confirm_aff4(const struct ms_head *head)
{
    static const char *const names[] = {"container.description", "information.turtle",
                                        "aff4:", "aff4%3A", "aff4%3a"};
    size_t name_length = ms_le16(head->bytes + 26);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i]);

        if (name_length >= length && memcmp(head->bytes + 30, names[i], length) == 0)
            return 8 * (unsigned)length;
    }
    return 0;
}

#define MINIDUMP  "user-mode minidump (MDMP)"
#define HIBERFILE "Windows hibernation file (hiberfil.sys)"
#define VMWARE    "VMware saved state (.vmss or .vmsn; the memory may be in the .vmem beside it)"

static const struct foreign foreign_containers[] = {
    {MINIDUMP, "MDMP", 4, confirm_minidump},
    {"compressed AVML image", "AVML", 4, confirm_avml},
    {"compressed kdump (KDUMP)", "KDUMP   ", 8, NULL},
    {"compressed diskdump (DISKDUMP)", "DISKDUMP", 8, NULL},
    {"flattened makedumpfile dump", "makedumpfile\0\0\0\0", 16, NULL},
    {VMWARE, "\xd0\xbe\xd2\xbe", 4, confirm_vmware},
    {VMWARE, "\xd1\xba\xd1\xba", 4, confirm_vmware},
    {VMWARE, "\xd2\xbe\xd2\xbe", 4, confirm_vmware},
    {VMWARE, "\xd3\xbe\xd3\xbe", 4, confirm_vmware},
    {HIBERFILE, "hibr", 4, NULL},
    {HIBERFILE, "HIBR", 4, NULL},
    {HIBERFILE, "wake", 4, NULL},
    {HIBERFILE, "WAKE", 4, NULL},
    {HIBERFILE, "RSTR", 4, NULL},
    {HIBERFILE, "BRKP", 4, NULL},
    {HIBERFILE, "HORM", 4, NULL},
    {"EnCase/EWF image (E01)", "EVF\x09\x0d\x0a\xff\0", 8, NULL},
    {"AFF image", "AFF10\x0d\x0a\0", 8, NULL},
    {"AFF4 image", "PK\x03\x04", 4, confirm_aff4},
};

static unsigned bid(const struct foreign *foreign, const struct ms_head *head)
{
    unsigned bits = 8u * foreign->length;
    unsigned more;

    if (head->length < foreign->length || memcmp(head->bytes, foreign->magic, foreign->length) != 0)
        return 0;
    if (!foreign->confirm)
        return bits;
    more = foreign->confirm(head);
    return more ? bits + more : 0;
}

unsigned ms_foreign_bid(const struct ms_head *head, const char **title_ret)
{
    unsigned best = 0;

    for (size_t i = 0; i < sizeof(foreign_containers) / sizeof(foreign_containers[0]); i++) {
        unsigned bits = bid(&foreign_containers[i], head);

        if (bits > best) {
            best = bits;
            *title_ret = foreign_containers[i].title;
        }
    }
    return best;
}
