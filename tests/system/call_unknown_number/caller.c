#include "../testlib.h"

static xm_s32_t call(xm_u32_t number)
{
    register xm_u32_t o0 __asm__("o0") = number;

    __asm__ volatile("ta %1\n\tnop"
                     : "+r"(o0)
                     : "i"(XM_HYPERCALL_TRAP & 0x7f)
                     : "o1", "o2", "o3", "o4", "o5", "o7", "memory");
    return (xm_s32_t)o0;
}

void PartitionMain(void)
{
    int a = call(100), b = call(0x7fffffff), c = call(0xffffffff);

    printf("%d %d %d\n", a, b, c);
    printf("still here\n");
    XM_halt_system();
}
