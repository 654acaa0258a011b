#include "../testlib.h"

/* Granted registers where the bus answers nobody. The access is made at every call depth, because the trap of a failing access
 * opens a register window that may hold a frame of the caller. */
static int deep(int n, int *refused)
{
    volatile int mine = n * 7;
    xm_u32_t value = 0;
    int below = n == 0 ? 0 : deep(n - 1, refused);

    if (XM_sparc_inport(0x90000000, &value) == XM_OP_NOT_ALLOWED && XM_sparc_outport(0x90000004, 1) == XM_OP_NOT_ALLOWED) {
        (*refused)++;
    }
    return below + (mine == n * 7);
}

void PartitionMain(void)
{
    int refused = 0;
    int intact = deep(20, &refused);

    printf("refused %d times of 21, %d frames of 21 intact\n", refused, intact);
    XM_halt_system();
}
