/* model.c - storage of the model, and look-ups that several checks need */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static void *checked(void *memory)
{
    if (memory == NULL) {
        fatal("out of memory");
    }
    return memory;
}

/* One more element, cleared, at the end of an array that may move. */
void *vec_add(void **at, uint32_t *count, size_t element_bytes)
{
    /* Capacity is the next power of two, so growth is needed exactly when count is one. */
    if ((*count & (*count - 1)) == 0) {
        size_t capacity = *count == 0 ? 1 : 2 * (size_t)*count;
        *at = checked(realloc(*at, capacity * element_bytes));
    }
    void *element = (char *)*at + *count * element_bytes;
    memset(element, 0, element_bytes);
    (*count)++;
    return element;
}

/* A copy that lives as long as the program. */
char *text_copy(const char *text)
{
    static VEC(char *) all; /* so that leak checkers see an owner */
    char *copy = checked(strdup(text));

    *VEC_ADD(&all) = copy;
    return copy;
}

/* The device of that name, or NULL. */
struct device *model_device(struct model *model, const char *name)
{
    for (uint32_t i = 0; i < model->devices.count; i++) {
        struct device *d = &model->devices.at[i];
        if (d->name != NULL && strcmp(d->name, name) == 0) {
            return d;
        }
    }
    return NULL;
}

/* How messages call a partition: partition 2 "consumer". Valid until the fourth call after this
 * one. */
const char *partition_label(const struct model *model, uint32_t id)
{
    static char labels[4][96];
    static unsigned next;
    char *label = labels[next++ % 4];
    const char *name = id < model->partitions.count ? model->partitions.at[id].name : NULL;

    snprintf(label, sizeof labels[0], name != NULL ? "partition %u \"%.60s\"" : "partition %u", id,
             name);
    return label;
}
