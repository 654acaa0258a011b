#include "../testlib.h"

static const xm_u32_t stack[] = { 0, 0x40020000, 0x40120000, 0x00000000, 0x40220001 };

void PartitionMain(void)
{
    wait_slots(1); /* the keeper prepares its memory first */
    __asm__ volatile("mov %0, %%sp\n\t"
                     "save %%sp, -96, %%sp\n\tsave %%sp, -96, %%sp\n\tsave %%sp, -96, %%sp\n\t"
                     "save %%sp, -96, %%sp\n\tsave %%sp, -96, %%sp\n\tsave %%sp, -96, %%sp\n\t"
                     "save %%sp, -96, %%sp\n\tsave %%sp, -96, %%sp\n\tsave %%sp, -96, %%sp\n\t"
                     "save %%sp, -96, %%sp\n\t"
                     "restore\n\trestore\n\trestore\n\trestore\n\trestore\n\t"
                     "restore\n\trestore\n\trestore\n\trestore\n\trestore"
                     ::"r"(stack[XM_PARTITION_SELF]) : "memory");
    printf("%s: survived\n", XM_get_PCT()->name);
}
