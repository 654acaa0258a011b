/* emit_make.c - variables for the make file that builds a system */
#include "emit.h"

/* A value as make reads it back: $ and # lose their meaning, $() ends a run of backslashes before #
 * or the line's end. */
static void emit_text(FILE *out, const char *text)
{
    char before = '\0';

    for (; *text != '\0'; before = *text++) {
        if (*text == '#') {
            fputs(before == '\\' ? "$()\\" : "\\", out);
        } else if (*text == '$') {
            fputc('$', out);
        }
        fputc(*text, out);
    }
    fputs(before == '\\' ? "$()\n" : "\n", out);
}

/* PARTITION_IDS, and NAME_n, START_n, SIZE_n of each; SYSTEM_NAME, HYPERVISOR_SIZE;
 * ETHERNET_PARTITION if a partition has a MAC; LINK_UART and LINK_PARTITION if the system has link
 * UARTs, in the same order. Start and size are those of the
 * partition's first area as it sees it, which is where its program is linked. */
void emit_make_variables(FILE *out, const struct compiled *c)
{
    bool any_link = false;

    fputs("SYSTEM_NAME := ", out);
    emit_text(out, compiled_string(c, c->head.name));
    fprintf(out, "HYPERVISOR_SIZE := %u\nPARTITION_IDS :=", c->head.hypervisor_size);
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        fprintf(out, " %u", i);
    }
    fputc('\n', out);
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        const struct xm_config_partition *p = &c->partitions.at[i];
        const struct xm_config_area *first = &c->areas.at[p->area_first];
        fprintf(out, "NAME_%u := ", i);
        emit_text(out, compiled_string(c, p->name));
        fprintf(out, "START_%u := 0x%08x\nSIZE_%u := %u\n", i, first->mapped_at, i, first->size);
    }
    if (c->ethernets.count != 0) {
        fputs("ETHERNET_PARTITION :=", out);
        for (uint32_t i = 0; i < c->ethernets.count; i++) {
            fprintf(out, " %u", c->ethernets.at[i].partition);
        }
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < c->uarts.count; i++) {
        any_link = any_link || c->uarts.at[i].link_partition != XM_CONFIG_NONE;
    }
    if (!any_link) {
        return;
    }
    fputs("LINK_UART :=", out);
    for (uint32_t i = 0; i < c->uarts.count; i++) {
        if (c->uarts.at[i].link_partition != XM_CONFIG_NONE) {
            fprintf(out, " %u", c->uarts.at[i].id);
        }
    }
    fputs("\nLINK_PARTITION :=", out);
    for (uint32_t i = 0; i < c->uarts.count; i++) {
        if (c->uarts.at[i].link_partition != XM_CONFIG_NONE) {
            fprintf(out, " %u", c->uarts.at[i].link_partition);
        }
    }
    fputc('\n', out);
}
