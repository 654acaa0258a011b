/* talker.c - more text than any console takes */
#include <xm.h>

static char text[16384];

void PartitionMain(void)
{
    xm_u32_t i;

    for (i = 0; i < sizeof text; i++) {
        text[i] = (char)(' ' + i % 64);
    }
    for (;;) {
        XM_write_console(text + 1, sizeof text - 1);
        XM_write_console(text, 4096);
        XM_write_console(text, 64);
    }
}
