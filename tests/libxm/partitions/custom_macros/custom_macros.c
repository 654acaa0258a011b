/* A program's own short macros survive the headers, which use the same words inside. */
#define IN 1
#define OUT 2
#define NAME "mine"
#define ADDR 0x40100000
#define NONE 0
#define TIME 5

#include <xm.h>
#include <stdio.h>
#include __XM_INCFLD(objdir.h)
#include __XM_INCFLD(objects/status.h)
#include <xm_inc/bitwise.h>
#include <xm_inc/checksum.h>
#include <endianess.h>

static xmHmLog_t record;

void PartitionMain(void)
{
    xmObjDesc_t oD = OBJDESC_BUILD(OBJ_CLASS_SAMPLING_PORT, XM_PARTITION_SELF, 3);

    OBJDESC_SET_INVALID(oD);
    printf("%d %s %x %d %d\n", IN + OUT + NONE, NAME, ADDR, TIME, OBJDESC_IS_VALID(oD));
    printf("%d %d %x\n", _Ffs(0x10), _Fls(RWORD(0x10)), CalcCheckSum(&record, sizeof(record)));
}
