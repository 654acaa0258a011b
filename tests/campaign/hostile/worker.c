/* worker.c - a message to the other worker in every slot, and a digest of all that went out and came in
 *
 * What it writes down must not depend on what the ground link carries: neither what, nor how much.
 */
#include <string.h>

#include "shared.h"

enum { MESSAGE_BYTES = 32, ROUNDS = 4000 };

static xm_u32_t step(xm_u32_t value)
{
    return value * 1664525u + 1013904223u;
}

static xm_u32_t fold(xm_u32_t digest, const xm_u8_t *bytes, xm_u32_t count)
{
    for (xm_u32_t i = 0; i < count; i++) {
        digest = (digest ^ bytes[i]) * 16777619u;
    }
    return digest;
}

void PartitionMain(void)
{
    const struct xmPhysicalMemMap *area = (const struct xmPhysicalMemMap *)(XM_params_get_PCT() + 1);
    struct log_head *head = (struct log_head *)area[1].startAddr;
    struct slot_entry *entries = (struct slot_entry *)(head + 1);
    xm_s32_t out = XM_create_queuing_port("out", 4, MESSAGE_BYTES, XM_SOURCE_PORT);
    xm_s32_t in = XM_create_queuing_port("in", 4, MESSAGE_BYTES, XM_DESTINATION_PORT);
    xm_u32_t state = XM_PARTITION_SELF, digest = 2166136261u, received = 0;

    for (;;) {
        xm_u8_t message[MESSAGE_BYTES];
        xmTime_t now;
        xm_u32_t n = head->count;

        XM_idle_self();
        XM_get_time(XM_HW_CLOCK, &now);
        for (int i = 0; i < ROUNDS; i++) { /* something to do for a good part of the slot */
            state = step(state);
        }
        memset(message, 0, sizeof message);
        memcpy(message, &state, sizeof state);
        if (XM_send_queuing_message(out, message, sizeof message) == XM_OK) {
            digest = fold(digest, message, sizeof message);
        }
        while (XM_receive_queuing_message(in, message, sizeof message) > 0) {
            digest = fold(digest, message, sizeof message);
            received++;
        }
        if (n < SLOT_CAPACITY) {
            entries[n].time_us = now;
            entries[n].digest = digest;
            entries[n].received = received;
            head->count = n + 1;
        }
    }
}
