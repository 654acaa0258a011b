#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t first = 0, second = 0, masked = 0, other = 0;
    int a, b, c;

    a = XM_sparc_inport(0x800ff000, &first);
    b = XM_sparc_inport(0x800ff004, &second);
    printf("range: %d %x, %d %x\n", a, first, b, second);
    a = XM_sparc_inport(0x800ff010, &masked);
    b = XM_sparc_outport(0x800ff010, 0xffffffff);
    printf("masked: %d %x, write %d\n", a, masked, b);
    a = XM_sparc_inport(0x80000104, &other);
    b = XM_sparc_outport(0x80000100, 'x');
    c = XM_sparc_inport(0x800ff008, &other);
    printf("not granted: read %d, write %d, just behind the range %d\n", a, b, c);
    a = XM_sparc_inport(0x800ff001, &other);
    b = XM_sparc_inport(0x800ff000, 0);
    printf("misaligned %d, null pointer %d\n", a, b);
    XM_halt_system();
}
