#include "../testlib.h"

static xm_s32_t id_of(const char *name, xm_u32_t kind)
{
    return XM_get_gid_by_name((xm_u8_t *)name, kind);
}

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();
    int a, b, c;

    printf("partitions %d %d %d, plans %d %d %d, bad kind %d\n", id_of("first", XM_PARTITION_NAME),
           id_of("second", XM_PARTITION_NAME), id_of("third", XM_PARTITION_NAME), id_of("plan0", XM_PLAN_NAME),
           id_of("plan1", XM_PLAN_NAME), id_of("plan2", XM_PLAN_NAME), id_of("first", 2));
    a = XM_set_partition_opmode(XM_OPMODE_NORMAL);
    b = XM_set_partition_opmode(4);
    c = XM_set_partition_opmode(-1);
    printf("opmode %d %d %d\n", a, b, c);
    printf("pct: name %s id %d system %d partitions %d slot %d\n", pct->name, XM_PARTITION_SELF,
           (pct->flags & XM_PART_SYSTEM) != 0, (pct->flags >> XM_PCT_PARTITIONS_SHIFT) & 0xff,
           pct->schedInfo.id);
    XM_halt_system();
}
