/* main.c - the supervisor partition
 *
 * An ordinary partition with the system flag. In each of its slots it looks at the commands in
 * progress, executes what has arrived, tells changes, writes what the line takes, and gives up
 * the rest of the slot. The order matters: a reset takes effect before new commands are looked
 * at, and answers leave in the slot in which they were made.
 *
 * Everything is static and every loop is bounded, so its worst slot is a fact of the program,
 * not of the traffic. */
#include "main.h"

#include <stdio.h>
#include <xm.h>

#include "arena.h"
#include "command.h"
#include "hazard.h"
#include "journal.h"
#include "link.h"
#include "logs.h"
#include "pending.h"
#include "system_view.h"
#include "telemetry.h"

/* Commands of one slot. More stay in the receive ring, and the beacons' credit tells the ground. */
#define SLOT_COMMANDS 16u

/* Share of a major frame's bytes on the line that bulk may fill ahead: the rest keeps a reply from
 * waiting longer than a frame. */
#define BULK_PERCENT 80u

/* Bulk limit of one plan, computed when that plan is first met. */
static struct {
    xm_s32_t plan;
    uint32_t bytes; /* 0: not computed */
} bulk;

/* Brings the supervisor to the state of a fresh start, whatever an earlier life left in memory (a
 * warm reset loads nothing). */
void supervisor_start(void)
{
    struct xm_link_status status;

    if (!view_init()) {
        printf("supervisor: the hypervisor shows no configuration: has this partition "
               "flags=\"system\" in XM_CF.xml?\n");
    }
    if (XM_link_status(&status) != XM_OK) {
        printf("supervisor: no link device: name this partition in Uart/@xmx:linkPartition of "
               "XM_CF.xml\n");
    }
    bulk.bytes = 0;
    arena_reset();
    link_init();
    journal_init();
    hazard_init();
    pending_init();
    logs_init();
    telemetry_init();
}

/* Bytes of bulk that may wait in the transmit ring under the plan in force. */
static uint32_t bulk_limit(void)
{
    struct view_plan plan;
    xm_s32_t current = view_kernel()->current_plan;

    if ((bulk.bytes == 0 || bulk.plan != current) && view_plan((uint32_t)current, &plan)) {
        /* a byte is 10 bits on the line; 32 bits hold the product, and beyond 10 s the ring is the
         * limit anyway */
        uint32_t frame_ms =
            plan.major_frame_us / 1000u < 10000u ? plan.major_frame_us / 1000u : 10000u;

        bulk.plan = current;
        bulk.bytes = view_link_baud() / 10u * frame_ms / 1000u * BULK_PERCENT / 100u;
    }
    return bulk.bytes;
}

static uint32_t no_bulk(uint8_t *payload)
{
    (void)payload;
    return 0;
}

/* All work of one slot. */
void supervisor_slot(void)
{
    struct frame frame;

    view_refresh();
    link_begin_slot();
    link_set_bulk_limit(bulk_limit());
    pending_poll();
    for (uint32_t i = 0; i < SLOT_COMMANDS && link_has_room(FRAME_REPLY) && link_next_frame(&frame);
         i++) {
        telemetry_heard();
        command_execute(&frame);
    }
    telemetry_slot();
    link_pump(pending_departure_waits() ? no_bulk : logs_next_chunk);
}

static bool asked_to_finish(void)
{
    return (XM_get_PCT()->extIrqsPend & 1u << XM_VT_EXT_SHUTDOWN) != 0;
}

/* Entry of the partition; runs for ever, until somebody asks it to shut down. */
void PartitionMain(void)
{
    supervisor_start();
    while (!asked_to_finish()) {
        supervisor_slot();
        XM_idle_self();
    }
    printf("supervisor: shut down\n");
    XM_halt_partition(view_self());
}
