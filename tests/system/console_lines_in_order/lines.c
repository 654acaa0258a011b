#include "../testlib.h"

void PartitionMain(void)
{
    int n;

    for (n = 0; n < 60; n++) {
        printf("%s: line %d of a text that is long enough to meet the end of a slot\n", XM_get_PCT()->name, n);
        if (n % 8 == 7) {
            XM_idle_self();
        }
    }
}
