/* controller.c - resets partition 2 and the whole system, in a random order of warm and cold, and reads the log all the time */
#include "shared.h"

static struct {
    struct xm_batch head;
    struct xm_hm_record record[8];
} batch;

static xm_u32_t random_word(void)
{
    xm_u32_t s = CONTROL->seed;

    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    CONTROL->seed = s;
    return s >> 8;
}

/* Numbers go on without a hole, also over resets; what was overwritten is not a hole. */
static void read_log(void)
{
    while (XM_hm_fetch(CONTROL->log_next, &batch, sizeof batch) > 0) {
        xm_u64_t expected = CONTROL->log_next > batch.head.oldest ? CONTROL->log_next : batch.head.oldest;
        xm_u32_t i;

        for (i = 0; i < batch.head.count; i++, expected++) {
            const struct xm_hm_record *r = &batch.record[i];

            CONTROL->log_gaps += r->seq != expected;
            CONTROL->log_wrong += r->event != XM_HM_EV_APP_DEADLINE_MISSED || r->partition == 0 || r->partition > 3;
            expected = r->seq;
            CONTROL->log_read++;
        }
        CONTROL->log_next = expected;
    }
}

/* The same hypervisor every time: its memory, its configuration, one boot more. */
static void look_at_kernel(void)
{
    struct xm_kernel_info info;
    static xm_u32_t config[64];
    xm_u32_t crc;

    XM_kernel_info(&info);
    CONTROL->kernel_bytes = CONTROL->kernel_bytes == 0 ? info.kernel_bytes_used : CONTROL->kernel_bytes;
    CONTROL->kernel_bytes_differ += CONTROL->kernel_bytes != info.kernel_bytes_used;
    CONTROL->boot_id_jumps += info.boot_id != CONTROL->boot_id + 1 && CONTROL->boot_id != 0;
    CONTROL->boot_id = info.boot_id;
    XM_read_config(0, config, sizeof config);
    crc = config[3];
    CONTROL->config_differs += crc != info.config_crc32c;
    CONTROL->boots++;
}

static void announce(xm_u32_t subject, xm_u32_t cause, xm_u32_t mode, xm_u32_t status)
{
    struct announcement *said = &CONTROL->subject[subject];

    said->ready = 0;
    said->mode = mode;
    said->status = status;
    said->cause = cause;
}

/* A partition whose image is being loaded goes on with that after a warm reset: it has nothing to keep. */
static void announce_system(xm_u32_t subject, xm_u32_t mode)
{
    const struct announcement *said = &CONTROL->subject[subject];
    xm_u32_t loading = said->cause != CAUSE_NONE && said->mode == XM_COLD_RESET;

    announce(subject, CAUSE_SYSTEM, loading ? XM_COLD_RESET : mode, 0);
}

/* An image that is being loaded for a cold start cannot be started warm: such a request is refused and changes nothing. */
static void reset_managed(xm_u32_t mode, xm_u32_t status)
{
    struct announcement before = CONTROL->subject[2];
    xm_s32_t code;

    announce(2, CAUSE_OTHER, mode, status);
    code = XM_reset_partition(2, mode, status);
    if (code == XM_OK) {
        CONTROL->partition_resets++;
        return;
    }
    CONTROL->subject[2] = before;
    CONTROL->refusals++;
    CONTROL->wrong_refusals += code != XM_INVALID_CONFIG || mode != XM_WARM_RESET || before.cause == CAUSE_NONE ||
                               before.mode != XM_COLD_RESET;
}

void PartitionMain(void)
{
    look_at_kernel();
    for (;;) {
        xm_u32_t dice, mode;

        XM_idle_self();
        read_log();
        if (CONTROL->partition_resets >= CONTROL->partition_resets_wanted &&
            CONTROL->system_resets >= CONTROL->system_resets_wanted && !CONTROL->hold) {
            CONTROL->done = 1;
            XM_halt_system();
        }
        dice = random_word();
        mode = dice & 1;
        if (CONTROL->system_resets * CONTROL->partition_resets_wanted <
            CONTROL->partition_resets * CONTROL->system_resets_wanted) {
            announce_system(1, mode);
            announce_system(2, mode);
            CONTROL->system_resets++;
            XM_reset_system(mode);
        } else if (CONTROL->subject[2].ready || (dice & 0x70) == 0) {
            reset_managed(mode, dice); /* now and then in the middle of a life, or while its image is being loaded */
        }
    }
}
