/* old C: a tentative definition and a static inline function in a header */
#include <xm.h>
#include "shared.h"

extern void second(void);

int twice_out_of_line(int n)
{
    return twice(n);
}

void PartitionMain(void)
{
    shared_count = twice_out_of_line(1);
    second();
}
