// SPDX-License-Identifier: MIT
//
// Names of states, and of the reasons for waiting, as public headers have them (wdm.h; phnt's
// ntkeapi.h). Versions only ever added to the end.

#include <memscan/threads.h>

#define NAME_OF(names, index) ((index) < sizeof(names) / sizeof((names)[0]) ? (names)[index] : NULL)

const char *ms_thread_source_name(size_t index)
{
    static const char *const names[] = {"kernel-list", "process-list", "pool"};

    return NAME_OF(names, index);
}

const char *ms_thread_state_name(unsigned state)
{
    static const char *const names[] = {
        [MS_THREAD_INITIALIZED] = "Initialized",
        [MS_THREAD_READY] = "Ready",
        [MS_THREAD_RUNNING] = "Running",
        [MS_THREAD_STANDBY] = "Standby",
        [MS_THREAD_TERMINATED] = "Terminated",
        [MS_THREAD_WAITING] = "Waiting",
        [MS_THREAD_TRANSITION] = "Transition",
        [MS_THREAD_DEFERRED_READY] = "DeferredReady",
        [MS_THREAD_GATE_WAIT] = "GateWait",
        [MS_THREAD_WAIT_IN_SWAP] = "WaitingForProcessInSwap",
    };

    return NAME_OF(names, state);
}

const char *ms_wait_reason_name(unsigned reason)
{
    static const char *const names[] = {
        "Executive",
        "FreePage",
        "PageIn",
        "PoolAllocation",
        "DelayExecution",
        "Suspended",
        "UserRequest",
        "WrExecutive",
        "WrFreePage",
        "WrPageIn",
        "WrPoolAllocation",
        "WrDelayExecution",
        "WrSuspended",
        "WrUserRequest",
        "WrEventPair",
        "WrQueue",
        "WrLpcReceive",
        "WrLpcReply",
        "WrVirtualMemory",
        "WrPageOut",
        "WrRendezvous",
        "WrKeyedEvent",
        "WrTerminated",
        "WrProcessInSwap",
        "WrCpuRateControl",
        "WrCalloutStack",
        "WrKernel",
        "WrResource",
        "WrPushLock",
        "WrMutex",
        "WrQuantumEnd",
        "WrDispatchInt",
        "WrPreempted",
        "WrYieldExecution",
        "WrFastMutex",
        "WrGuardedMutex",
        "WrRundown",
        "WrAlertByThreadId",
        "WrDeferredPreempt",
        "WrPhysicalFault",
        "WrIoRing",
        "WrMdlCache",
        "WrRcu",
    };

    return NAME_OF(names, reason);
}
