#include "../testlib.h"

#define END 0x40140000u /* of the first own area */

/* In this order: null, misaligned, hypervisor, other partition, across the end, read-only, wrapping around. */
static const xm_u32_t bad[] = { 0, 0x40130001, 0x40001000, 0x40200000, END - 4, 0x40180000, 0xfffffff8 };
#define BADS 7

static void row(const char *name, const xm_s32_t *code, int count)
{
    int i;

    printf("%s:", name);
    for (i = 0; i < count; i++) {
        printf(" %d", code[i]);
    }
    printf("\n");
}

void PartitionMain(void)
{
    xm_s32_t code[BADS];
    int i, n;

    for (i = 0; i < BADS; i++) {
        code[i] = XM_get_time(XM_HW_CLOCK, (xmTime_t *)bad[i]);
    }
    row("get_time", code, BADS);
    for (i = 0; i < BADS; i++) {
        code[i] = XM_get_partition_status(1, (xmPartitionStatus_t *)bad[i]);
    }
    row("get_partition_status", code, BADS);
    for (i = 0; i < BADS; i++) {
        code[i] = XM_hm_read((xmHmLog_t *)bad[i]);
    }
    row("hm_read", code, BADS);
    for (i = 0; i < BADS; i++) {
        code[i] = XM_kernel_info((struct xm_kernel_info *)bad[i]);
    }
    row("kernel_info", code, BADS);
    for (i = n = 0; i < BADS; i++) {
        if (i != 1) { /* bytes have no alignment */
            code[n++] = XM_read_config(0, (void *)bad[i], 64);
        }
    }
    row("read_config", code, n);
    for (i = n = 0; i < BADS; i++) {
        if (i != 1 && i != 5) { /* reading a read-only area is fine */
            code[n++] = XM_write_console((char *)bad[i], 64);
        }
    }
    row("write_console", code, n);
    code[0] = XM_get_gid_by_name(0, XM_PARTITION_NAME);
    code[1] = XM_get_gid_by_name((xm_u8_t *)0x40001000, XM_PARTITION_NAME);
    code[2] = XM_get_gid_by_name((xm_u8_t *)0x40200000, XM_PARTITION_NAME);
    code[3] = XM_get_gid_by_name((xm_u8_t *)0xfffffff8, XM_PARTITION_NAME);
    row("get_gid_by_name", code, 4);
    for (i = 0; i < BADS; i++) {
        code[i] = XM_sparc_atomic_add((xm_u32_t *)(i == 4 ? END : bad[i]), 1);
    }
    row("atomic_add", code, BADS);
    printf("the end of the own area is usable: %d\n", XM_get_time(XM_HW_CLOCK, (xmTime_t *)(END - 8)));
    XM_halt_system();
}
