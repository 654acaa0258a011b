#include "../testlib.h"

void PartitionMain(void)
{
    int before = state_of(1), code = XM_reset_partition(1, XM_WARM_RESET, 0);

    printf("keeper: state %d, reset %d, state %d\n", before, code, state_of(1));
    printf("keeper: resume %d\n", XM_resume_partition(1));
    XM_halt_system();
}
