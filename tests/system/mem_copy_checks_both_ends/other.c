#include <string.h>
#include "../testlib.h"

void PartitionMain(void)
{
    memcpy((char *)0x40230000, "the other's text", 16);
    while (*(volatile xm_u32_t *)0x40230020 == 0) {
        XM_idle_self();
    }
    printf("other: told %d\n", *(volatile xm_u32_t *)0x40230020);
}
