#include "listen.h"

void PartitionMain(void)
{
    int a, b, c;

    listen();
    wait_slots(1); /* the others listen by then */
    a = XM_raise_ipvi(XM_VT_EXT_IPVI0);
    b = XM_raise_partition_ipvi(0, XM_VT_EXT_IPVI0);
    printf("caller: to all %d, to keeper while it is pending there %d\n", a, b);
    a = XM_raise_ipvi(XM_VT_EXT_IPVI0 - 1);
    b = XM_raise_ipvi(XM_VT_EXT_MAX);
    c = XM_raise_ipvi(XM_VT_EXT_IPVI0 + 7);
    printf("caller: no line %d %d, not my line %d\n", a, b, c);
    a = XM_raise_partition_ipvi(3, XM_VT_EXT_IPVI0);
    b = XM_raise_partition_ipvi(2, XM_VT_EXT_MAX);
    c = XM_raise_partition_ipvi(2, XM_VT_EXT_IPVI0 + 7);
    printf("caller: no partition %d, no line %d, not my line %d\n", a, b, c);
    wait_slots(1);
    printf("caller: to second alone %d, came to me %d\n", XM_raise_partition_ipvi(2, XM_VT_EXT_IPVI0), came[0]);
}
