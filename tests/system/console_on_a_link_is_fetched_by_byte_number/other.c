#include "../testlib.h"

void PartitionMain(void)
{
    XM_write_console("..seven", 7);
}
