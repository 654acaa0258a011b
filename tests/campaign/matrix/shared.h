/* shared.h - the cells of the state matrix, by the host, and what came of each */
#ifndef CAMPAIGN_MATRIX_SHARED_H
#define CAMPAIGN_MATRIX_SHARED_H

#include <xm.h>

#define CONTROL_ADDRESS 0x41000000
#define SUBJECT 1
#define STRANGER 3

enum setup { SETUP_BUSY, SETUP_IDLE, SETUP_SUSPENDED, SETUP_HALTED, SETUP_LOADING, SETUP_LOADING_SUSPENDED, SETUP_LOADING_HALTED,
             SETUP_SHUTDOWN_PENDING };
enum caller { CALLER_MANAGER, CALLER_SUBJECT, CALLER_STRANGER };
/* Calls are numbers of the services; of reset_partition a mode is added. */
enum call { CALL_SUSPEND, CALL_RESUME, CALL_HALT, CALL_SHUTDOWN, CALL_WARM, CALL_COLD, CALL_BAD_MODE, CALL_STATUS, CALL_IDLE };
#define CALL_NOT_YET 0x7fffffff

struct cell {
    xm_u32_t setup, caller, call, target;
    volatile xm_s32_t code;
    volatile xm_u32_t state;               /* of the target, at once */
    volatile xm_u32_t counter, status;     /* reset counter and status, at once */
    volatile xm_u32_t later_state, lives, shutdowns, ran; /* after some time: since the call */
    volatile xm_s32_t back_code;           /* of what brings a stopped subject back: resume or a warm reset */
    volatile xm_u32_t back_state, back_ran, back_shutdowns;
};

struct control {
    volatile xm_u32_t cells, next, done;
    volatile xm_u32_t busy;                /* the subject uses up its slots */
    volatile xm_u32_t lives, ticks, shutdowns;
    volatile xm_u32_t command_for, command; /* enum call + 1 to be made by that partition */
    volatile xm_u32_t target;
    volatile xm_s32_t code;
    volatile xm_u32_t reserved[5];
    struct cell cell[256];
};
#define CONTROL ((struct control *)CONTROL_ADDRESS)

static inline xm_s32_t make_call(xm_u32_t call, xm_u32_t target)
{
    static xmPartitionStatus_t status;

    switch (call) {
    case CALL_SUSPEND:
        return XM_suspend_partition(target);
    case CALL_RESUME:
        return XM_resume_partition(target);
    case CALL_HALT:
        return XM_halt_partition(target);
    case CALL_SHUTDOWN:
        return XM_shutdown_partition(target);
    case CALL_WARM:
        return XM_reset_partition(target, XM_WARM_RESET, 0x57a7);
    case CALL_COLD:
        return XM_reset_partition(target, XM_COLD_RESET, 0x57a7);
    case CALL_BAD_MODE:
        return XM_reset_partition(target, 2, 0x57a7);
    case CALL_STATUS:
        return XM_get_partition_status(target, &status);
    default:
        return XM_idle_self();
    }
}

#endif
