/* payload.c - an experiment that is not to be trusted
 *
 * In its first life it writes outside its memory after two seconds, on purpose; the health monitor halts it and the ground
 * restarts it. Later lives work on. A cold reset starts with a first life again, so the experiment can be repeated. */
#include <stdio.h>
#include <xm.h>

#define CRASH_FRAME 20
#define FRAMES_PER_REPORT 5
#define FOREIGN_ADDRESS 0x40300000u /* the consumer's memory */

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();
    xm_u32_t frame;

    printf("payload: life %d after reset status %d\n", pct->resetCounter + 1, pct->resetStatus);
    for (frame = 1;; frame++) {
        if (frame % FRAMES_PER_REPORT == 0) {
            printf("payload: life %d, frame %d\n", pct->resetCounter + 1, frame);
        }
        if (pct->resetCounter == 0 && frame == CRASH_FRAME) {
            printf("payload: now writing outside my memory, at %08x\n", FOREIGN_ADDRESS);
            *(volatile xm_u32_t *)FOREIGN_ADDRESS = 0xdeadbeef;
            printf("payload: nobody stopped me\n");
        }
        XM_idle_self();
    }
}
