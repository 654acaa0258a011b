#include "../testlib.h"

void PartitionMain(void)
{
    printf("worker: this text is in the image\n");
}
