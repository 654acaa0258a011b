/* manager.c - for every cell: brings the subject into its state, has the call made, looks at once, looks later, brings it back */
#include "shared.h"

#define LOADED_FRAMES 60 /* enough to load the subject's image and run a while */
#define SETTLED_FRAMES 5

static void wait(xm_u32_t frames)
{
    while (frames-- > 0) {
        XM_idle_self();
    }
}

static void prepare(xm_u32_t setup)
{
    XM_reset_partition(SUBJECT, XM_COLD_RESET, 0);
    CONTROL->busy = setup != SETUP_IDLE;
    wait(LOADED_FRAMES);
    switch (setup) {
    case SETUP_SUSPENDED:
        XM_suspend_partition(SUBJECT);
        break;
    case SETUP_SHUTDOWN_PENDING:
        XM_suspend_partition(SUBJECT);
        XM_shutdown_partition(SUBJECT);
        break;
    case SETUP_HALTED:
        XM_halt_partition(SUBJECT);
        break;
    case SETUP_LOADING:
    case SETUP_LOADING_SUSPENDED:
    case SETUP_LOADING_HALTED:
        XM_reset_partition(SUBJECT, XM_COLD_RESET, 0);
        if (setup == SETUP_LOADING_SUSPENDED) {
            XM_suspend_partition(SUBJECT);
        } else if (setup == SETUP_LOADING_HALTED) {
            XM_halt_partition(SUBJECT);
        }
        break;
    }
}

static xmPartitionStatus_t status_of(xm_u32_t target)
{
    xmPartitionStatus_t status;

    XM_get_partition_status(target, &status);
    return status;
}

static void call_now(struct cell *cell)
{
    if (cell->caller == CALLER_MANAGER) {
        cell->code = make_call(cell->call, cell->target);
        return;
    }
    CONTROL->code = CALL_NOT_YET;
    CONTROL->target = cell->target;
    CONTROL->command_for = cell->caller == CALLER_SUBJECT ? SUBJECT : STRANGER;
    CONTROL->command = cell->call + 1;
    wait(2);
    cell->code = CONTROL->code;
}

static void bring_back(struct cell *cell)
{
    xm_u32_t ticks, shutdowns = CONTROL->shutdowns;

    if (cell->later_state == XM_STATUS_SUSPENDED) {
        cell->back_code = XM_resume_partition(SUBJECT);
    } else if (cell->later_state == XM_STATUS_HALTED) {
        cell->back_code = XM_reset_partition(SUBJECT, XM_WARM_RESET, 0);
    } else {
        return;
    }
    cell->back_state = status_of(SUBJECT).state;
    wait(LOADED_FRAMES);
    ticks = CONTROL->ticks;
    wait(SETTLED_FRAMES);
    cell->back_ran = CONTROL->ticks != ticks;
    cell->back_shutdowns = CONTROL->shutdowns - shutdowns;
    if (cell->caller == CALLER_SUBJECT && cell->call == CALL_SUSPEND) {
        cell->code = CONTROL->code; /* the call came back when the subject was resumed */
    }
}

static void try_cell(struct cell *cell)
{
    xm_u32_t lives, shutdowns, ticks;
    xmPartitionStatus_t status;

    prepare(cell->setup);
    lives = CONTROL->lives;
    shutdowns = CONTROL->shutdowns;
    call_now(cell);
    status = status_of(cell->target);
    cell->state = status.state;
    cell->counter = status.resetCounter;
    cell->status = status.resetStatus;
    wait(LOADED_FRAMES);
    ticks = CONTROL->ticks;
    wait(SETTLED_FRAMES);
    cell->ran = CONTROL->ticks != ticks;
    cell->lives = CONTROL->lives - lives;
    cell->shutdowns = CONTROL->shutdowns - shutdowns;
    cell->later_state = status_of(cell->target).state;
    if (cell->target == SUBJECT) {
        bring_back(cell);
    }
}

void PartitionMain(void)
{
    while (CONTROL->next < CONTROL->cells) {
        try_cell(&CONTROL->cell[CONTROL->next]);
        CONTROL->next++;
    }
    CONTROL->done = 1;
    XM_halt_system();
}
