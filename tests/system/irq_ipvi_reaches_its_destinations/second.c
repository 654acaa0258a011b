#include "listen.h"

void PartitionMain(void)
{
    int a;

    listen();
    wait_slots(1);
    printf("second: line 0 came %d times\n", came[0]);
    a = XM_raise_ipvi(XM_VT_EXT_IPVI0 + 7);
    printf("second: line 7 to keeper %d, line 0 is not mine %d\n", a, XM_raise_ipvi(XM_VT_EXT_IPVI0));
}
