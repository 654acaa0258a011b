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
#include "keys.h"
#include "link.h"
#include "logs.h"
#include "memory.h"
#include "pending.h"
#include "system_view.h"
#include "telemetry.h"

/* Commands of one slot and link. More stay in the receive ring, and the beacons' credit tells the
 * ground. */
#define SLOT_COMMANDS 16u

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
    keys_init();
    arena_reset();
    link_init();
    journal_init();
    hazard_init();
    pending_init();
    logs_init();
    memory_init();
    telemetry_init();
}

static uint32_t no_bulk(struct link *link, uint8_t *payload)
{
    (void)link;
    (void)payload;
    return 0;
}

static void take_commands(struct link *link)
{
    struct frame frame;

    for (uint32_t i = 0;
         i < SLOT_COMMANDS && link_has_room(link, FRAME_REPLY) && link_next_frame(link, &frame);
         i++) {
        command_execute(link, &frame);
    }
}

/* All work of one slot. */
void supervisor_slot(void)
{
    view_refresh();
    pending_poll();
    for (uint32_t n = 0; n < link_count(); n++) {
        link_begin_slot(link_at(n));
        take_commands(link_at(n));
    }
    memory_poll();
    for (uint32_t n = 0; n < link_count(); n++) {
        telemetry_slot(link_at(n));
        link_pump(link_at(n), pending_departure_waits() ? no_bulk : logs_next_chunk);
    }
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
