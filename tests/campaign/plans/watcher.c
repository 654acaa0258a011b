/* watcher.c - writes down when each of its slots began, and which one it was */
#include "shared.h"

void PartitionMain(void)
{
    struct log_head *head = log_head();

    for (;;) {
        XM_idle_self();
        note_slot(head);
    }
}
