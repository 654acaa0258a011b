/* Without the flag the bit cannot be turned on. Meanwhile the reader ends the test. */
#include "../testlib.h"

void PartitionMain(void)
{
    XM_sparc_set_psr(XM_sparc_get_psr() | PSR_EF_BIT);
    printf("without the flag EF %d\n", (XM_sparc_get_psr() & PSR_EF_BIT) != 0);
    wait_slots(3);
    print_hm_log();
    XM_halt_system();
}
