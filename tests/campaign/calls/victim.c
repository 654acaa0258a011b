/* victim.c - minds its own business and notices whatever happens to it: its memory, and when its slots start
 *
 * The vault (second area) is filled by the host. Each slot compares a part of it with what the host put there. */
#include "shared.h"

#define STEP_WORDS 256u

/* What the host fills the vault with: tests/campaign/calls.py. */
static xm_u32_t vault_word(xm_u32_t i)
{
    return (i * 2654435761u) ^ 0x5ca1ab1eu;
}

void PartitionMain(void)
{
    const struct xmPhysicalMemMap *area = (const struct xmPhysicalMemMap *)(XM_params_get_PCT() + 1);
    volatile xm_u32_t *vault = (volatile xm_u32_t *)area[1].startAddr;
    struct victim_report *report = (struct victim_report *)area[2].startAddr;
    xm_u32_t words = area[1].size / 4, at = 0, i, life;
    xmTime_t first, now;

    life = report->lives < VICTIM_LIVES ? report->lives : VICTIM_LIVES - 1;
    report->lives++;
    XM_idle_self();
    XM_get_time(XM_HW_CLOCK, &first);
    for (;;) {
        xm_s32_t shift;

        for (i = 0; i < STEP_WORDS; i++) {
            if (vault[at] != vault_word(at)) {
                report->damaged++;
                report->damaged_at = at;
            }
            at = at + 1 == words ? 0 : at + 1;
        }
        XM_idle_self();
        XM_get_time(XM_HW_CLOCK, &now);
        shift = (xm_s32_t)((xm_u32_t)(now - first) % FRAME_US);
        shift = shift > FRAME_US / 2 ? shift - FRAME_US : shift;
        report->life[life].early_us = shift < report->life[life].early_us ? shift : report->life[life].early_us;
        report->life[life].late_us = shift > report->life[life].late_us ? shift : report->life[life].late_us;
        report->life[life].slots++;
        report->slots++;
    }
}
