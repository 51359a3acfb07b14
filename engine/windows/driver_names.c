// SPDX-License-Identifier: MIT
//
// What slots are called, and which modules are frameworks.

#include "windows/drivers.h"

#include <string.h>

static const char *const routine_names[] = {
    [MS_DRIVER_INIT] = "DriverInit",
    [MS_DRIVER_START_IO] = "DriverStartIo",
    [MS_DRIVER_UNLOAD] = "DriverUnload",
    [MS_DRIVER_ADD_DEVICE] = "AddDevice",
};

static const char *const major_names[MS_DRIVER_N_MAJORS] = {
    "IRP_MJ_CREATE",
    "IRP_MJ_CREATE_NAMED_PIPE",
    "IRP_MJ_CLOSE",
    "IRP_MJ_READ",
    "IRP_MJ_WRITE",
    "IRP_MJ_QUERY_INFORMATION",
    "IRP_MJ_SET_INFORMATION",
    "IRP_MJ_QUERY_EA",
    "IRP_MJ_SET_EA",
    "IRP_MJ_FLUSH_BUFFERS",
    "IRP_MJ_QUERY_VOLUME_INFORMATION",
    "IRP_MJ_SET_VOLUME_INFORMATION",
    "IRP_MJ_DIRECTORY_CONTROL",
    "IRP_MJ_FILE_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CONTROL",
    "IRP_MJ_INTERNAL_DEVICE_CONTROL",
    "IRP_MJ_SHUTDOWN",
    "IRP_MJ_LOCK_CONTROL",
    "IRP_MJ_CLEANUP",
    "IRP_MJ_CREATE_MAILSLOT",
    "IRP_MJ_QUERY_SECURITY",
    "IRP_MJ_SET_SECURITY",
    "IRP_MJ_POWER",
    "IRP_MJ_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CHANGE",
    "IRP_MJ_QUERY_QUOTA",
    "IRP_MJ_SET_QUOTA",
    "IRP_MJ_PNP",
};

static const char *const fast_io_names[MS_DRIVER_N_FAST_IO] = {
    "FastIoCheckIfPossible",
    "FastIoRead",
    "FastIoWrite",
    "FastIoQueryBasicInfo",
    "FastIoQueryStandardInfo",
    "FastIoLock",
    "FastIoUnlockSingle",
    "FastIoUnlockAll",
    "FastIoUnlockAllByKey",
    "FastIoDeviceControl",
    "AcquireFileForNtCreateSection",
    "ReleaseFileForNtCreateSection",
    "FastIoDetachDevice",
    "FastIoQueryNetworkOpenInfo",
    "AcquireForModWrite",
    "MdlRead",
    "MdlReadComplete",
    "PrepareMdlWrite",
    "MdlWriteComplete",
    "FastIoReadCompressed",
    "FastIoWriteCompressed",
    "MdlReadCompleteCompressed",
    "MdlWriteCompleteCompressed",
    "FastIoQueryOpen",
    "ReleaseForModWrite",
    "AcquireForCcFlush",
    "ReleaseForCcFlush",
};

const char *ms_driver_slot_name(enum ms_driver_slot_kind kind, size_t index)
{
    static const struct {
        const char *const *names;
        size_t n;
    } kinds[] = {
        [MS_DRIVER_ROUTINE] = {routine_names, sizeof(routine_names) / sizeof(routine_names[0])},
        [MS_DRIVER_MAJOR] = {major_names, MS_DRIVER_N_MAJORS},
        [MS_DRIVER_FAST_IO] = {fast_io_names, MS_DRIVER_N_FAST_IO},
    };

    return index < kinds[kind].n ? kinds[kind].names[index] : NULL;
}

const char *ms_driver_slot_kind_name(size_t kind)
{
    static const char *const names[] = {"routine", "major", "fast-io"};

    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

const char *ms_driver_place_name(size_t place)
{
    static const char *const names[] = {"image",  "unset",  "kernel",   "framework", "module",
                                        "memory", "absent", "unmapped", "user"};

    return place < sizeof(names) / sizeof(names[0]) ? names[place] : NULL;
}

const char *ms_driver_source_name(size_t index)
{
    static const char *const names[] = {"list", "pool"};

    return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

// Port and class drivers, which are libraries of mini-drivers; those of redirectors and of filters;
// the framework of KMDF; and Driver Verifier, which puts its own functions before a driver's. Each
// name more is a place where a hook is not seen: only modules are here that drivers' tables lead
// to.
static const char *const frameworks[] = {
    "ataport", "bthport", "classpnp", "dxgkrnl",     "fltmgr",   "hidclass", "ks",       "mup",
    "ndis",    "pciidex", "portcls",  "rdbss",       "scsiport", "sdport",   "storport", "stream",
    "tape",    "tdi",     "usbport",  "verifierext", "videoprt", "wdf01000",
};

bool ms_is_framework(const char *module)
{
    for (size_t i = 0; i < sizeof(frameworks) / sizeof(frameworks[0]); i++)
        if (ms_name_matches(frameworks[i], module, strlen(module)))
            return true;
    return false;
}
