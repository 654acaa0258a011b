/* old C: a tentative definition and an external inline function */
#include <stdio.h>
#include <xm.h>
#include "shared.h"

inline int thrice(int n)
{
    return 3 * n;
}

void second(void)
{
    printf("%d\n", thrice(shared_count));
}
