/* old C: implicit int, declarations of another age */
#include <string.h>
#include <stdio.h>
#include <xm.h>

static lines;
static char text[64];

count(n)
    int n;
{
    return lines += n;
}

void PartitionMain(void)
{
    xm_u8_t *name = XM_get_PCT()->name;

    strcpy(text, "hello, ");
    strcat(text, name);
    printf("[%d] %s\n", XM_PARTITION_SELF, text);
    count(1);
    XM_write_console("raw\n", 4);
    XM_halt_partition(XM_PARTITION_SELF);
}
