#include "../testlib.h"

static volatile xm_u32_t data = 7;

void PartitionMain(void)
{
    printf("other: data %d\n", data);
    data = 8;
}
