#include "../testlib.h"

void PartitionMain(void)
{
    struct xm_kernel_info before, after;

    XM_kernel_info(&before);
    XM_set_partition_opmode(XM_OPMODE_NORMAL); /* here the clock jumps */
    XM_idle_self();
    XM_kernel_info(&after);
    print_hm_log();
    printf("keeper: on the grid %d, more than 200000 frames later %d\n",
           (int)((after.frame_start_us - before.frame_start_us) % 20000), after.frame - before.frame > 200000);
    XM_halt_system();
}
