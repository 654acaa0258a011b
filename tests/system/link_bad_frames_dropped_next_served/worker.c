#include <stdio.h>
#include <xm.h>

void PartitionMain(void)
{
    printf("worker: hello from an own ring\n");
}
