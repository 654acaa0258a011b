/* journal.c - the last commands and their replies (see journal.h) */
#include "journal.h"

#include <stddef.h>
#include <string.h>

#include "frame.h"

struct entry {
    uint32_t id;     /* 0: free */
    uint32_t digest; /* of the request's payload */
    uint32_t age;    /* value of the clock below when opened */
    uint32_t length; /* of the reply; 0: none yet */
    bool final;      /* no further stage will come */
    uint8_t reply[FRAME_TX_PAYLOAD];
};

static struct entry entries[JOURNAL_PLACES];
static uint32_t opened; /* commands so far */

/* Forgets everything. */
void journal_init(void)
{
    memset(entries, 0, sizeof(entries));
    opened = 0;
}

/* A free place, else the oldest that is finished, else the oldest. */
static struct entry *place_to_use(void)
{
    struct entry *best = NULL;

    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        struct entry *e = &entries[i];

        if (e->id == 0) {
            return e;
        }
        if (best == NULL || e->final > best->final ||
            (e->final == best->final && opened - e->age > opened - best->age)) {
            best = e;
        }
    }
    return best;
}

/* A command is about to be executed. `id` is not 0. */
void journal_open(uint32_t id, uint32_t digest)
{
    struct entry *e = place_to_use();

    e->id = id;
    e->digest = digest;
    e->age = opened++;
    e->length = 0;
    e->final = false;
}

/* The newest command of that id, NULL: not here. */
static struct entry *newest(uint32_t id)
{
    struct entry *found = NULL;

    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        if (entries[i].id == id &&
            (found == NULL || opened - entries[i].age < opened - found->age)) {
            found = &entries[i];
        }
    }
    return found;
}

/* Keeps a reply of at most FRAME_TX_PAYLOAD bytes as the last one to command `id`; ids that are not
 * here are ignored. */
void journal_store(uint32_t id, bool final, const uint8_t *reply, uint32_t length)
{
    struct entry *e = id == 0 ? NULL : newest(id);

    if (e != NULL && length <= FRAME_TX_PAYLOAD) {
        memcpy(e->reply, reply, length);
        e->length = length;
        e->final = final;
    }
}

/* The last reply to this very command, NULL: it is not here. */
const uint8_t *journal_find(uint32_t id, uint32_t digest, uint32_t *length)
{
    const struct entry *e = newest(id);

    if (e == NULL || e->digest != digest) {
        return NULL;
    }
    *length = e->length;
    return e->reply;
}
