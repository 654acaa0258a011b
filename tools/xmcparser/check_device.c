/* check_device.c - devices, who uses them, and hardware given to partitions */
#include "check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "lex.h"
#include "report.h"

#define LINE_MAX_BAUD 4000000u
#define RING_MAX_BYTES (1024u * 1024)
#define CONSOLE_RING_BYTES 4096
#define UART_BIT_TIMES 10 /* of a byte: start, eight data bits, stop */

static bool is_power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static void check_ring(int line, const char *attribute, uint32_t bytes)
{
    if (!is_power_of_two(bytes) || bytes < 64 || bytes > RING_MAX_BYTES) {
        error_at(line,
                 "%s of %u bytes is not a power of two from 64B to 1MB - write for example \"4KB\"",
                 attribute, bytes);
    }
}

/* ---- devices --------------------------------------------------------------------------------- */

static bool has_slot(const struct plan *plan, uint32_t partition)
{
    for (uint32_t i = 0; i < plan->slots.count; i++) {
        if (plan->slots.at[i].partition == partition) {
            return true;
        }
    }
    return false;
}

static void check_link(const struct model *m, const struct device *d)
{
    uint32_t id = d->link_partition;

    if (id >= m->partitions.count) {
        error_at(d->line, "linkPartition %u does not exist - name the id of the supervisor", id);
        return;
    }
    if ((m->partitions.at[id].flags & XM_PART_SYSTEM) == 0) {
        error_at(d->line,
                 "linkPartition %u: %s has not the flag system - give it flags=\"system\", or name "
                 "another",
                 id, partition_label(m, id));
    }
    if (d->budget_bytes == 0) {
        error_at(d->line,
                 "linkBudget is 0: the link would never move a byte - write for example 256");
    }
    check_ring(d->line, "ringSize", d->ring_bytes);
    for (uint32_t i = 0; i < m->processors.at[0].plans.count; i++) {
        const struct plan *plan = &m->processors.at[0].plans.at[i];
        if (!has_slot(plan, id)) {
            warning_at(plan->line,
                       "plan %u has no slot of %s, which serves the ground: operators are locked "
                       "out in it",
                       plan->id, partition_label(m, id));
        }
    }
}

/* The default budget makes a line wait for the next slot when this one is long. Whoever writes a
 * budget has weighed the link against the partitions. */
static void check_link_budget(const struct model *m, const struct device *d)
{
    const struct slot *longest = NULL;

    for (uint32_t i = 0; i < m->processors.at[0].plans.count; i++) {
        const struct plan *plan = &m->processors.at[0].plans.at[i];
        for (uint32_t j = 0; j < plan->slots.count; j++) {
            if (longest == NULL || plan->slots.at[j].duration_us > longest->duration_us) {
                longest = &plan->slots.at[j];
            }
        }
    }
    if (longest == NULL || d->has_link_budget) {
        return;
    }
    uint64_t bytes = (uint64_t)longest->duration_us * d->baud / (UART_BIT_TIMES * 1000000u);
    if (d->budget_bytes < bytes) {
        warning_at(d->line,
                   "the default linkBudget of %u bytes holds this link back in the slot of line "
                   "%d, in which its line carries %u - write one, for example %u",
                   d->budget_bytes, longest->line, (uint32_t)bytes, (uint32_t)bytes);
    }
}

static void check_uart(const struct model *m, uint32_t position)
{
    const struct device *d = &m->devices.at[position];

    if (d->uart_id >= BOARD_UARTS) {
        error_at(d->line, "UART id %u is out of range - use 0 to %d", d->uart_id, BOARD_UARTS - 1);
    }
    if (d->baud == 0 || d->baud > LINE_MAX_BAUD) {
        error_at(d->line, "baudRate %u is out of range - use 1 to %u", d->baud, LINE_MAX_BAUD);
    }
    for (uint32_t i = 0; i < position; i++) {
        const struct device *other = &m->devices.at[i];
        if (other->kind != DEVICE_UART) {
            continue;
        }
        if (other->uart_id == d->uart_id) {
            error_at(d->line,
                     "UART %u is already device \"%s\" of line %d - describe each UART once",
                     d->uart_id, other->name, other->line);
        }
        if (other->is_link && d->is_link && other->link_partition == d->link_partition) {
            error_at(
                d->line,
                "linkPartition %u already serves the link of line %d - a partition serves one link",
                d->link_partition, other->line);
        }
    }
    if (d->is_link) {
        check_link(m, d);
        check_link_budget(m, d);
    } else if (d->has_link_options) {
        warning_at(
            d->line,
            "linkBudget and ringSize have no effect without linkPartition: name the partition that "
            "serves the link");
    }
}

static void check_device_name(const struct model *m, uint32_t position)
{
    const struct device *d = &m->devices.at[position];

    if (d->name == NULL) {
        return;
    }
    if (strcmp(d->name, "NULL") == 0) {
        error_at(d->line,
                 "the device name NULL is reserved: it means no device - use another name");
    }
    for (uint32_t i = 0; i < position; i++) {
        const struct device *other = &m->devices.at[i];
        if (other->name != NULL && strcmp(other->name, d->name) == 0) {
            error_at(d->line, "device name \"%s\" is taken by the device of line %d - use another",
                     d->name, other->line);
        }
    }
}

/* ---- users of devices ------------------------------------------------------------------------ */

/* The device that `user` names, or NULL for none (also after an error). */
static struct device *used_device(struct model *m, int line, const char *user, const char *name)
{
    if (name == NULL || strcmp(name, "NULL") == 0) {
        return NULL;
    }
    struct device *d = model_device(m, name);
    if (d == NULL) {
        error_at(line, "%s names the device \"%s\", which does not exist - declare it in Devices",
                 user, name);
    }
    return d;
}

static void check_console(struct model *m, int line, const char *user, const char *name)
{
    const struct device *d = used_device(m, line, user, name);

    if (d != NULL && d->kind == DEVICE_MEMORY_BLOCK) {
        warning_at(line,
                   "%s names the MemoryBlock \"%s\": console output is discarded; name a Uart",
                   user, name);
    }
}

/* A log needs a MemoryBlock; counts who shares it. */
static void check_log(struct model *m, int line, const char *user, const char *name)
{
    struct device *d = used_device(m, line, user, name);

    if (d == NULL || d->kind == DEVICE_NULL) {
        return;
    }
    if (d->kind == DEVICE_UART) {
        error_at(
            line,
            "%s names the Uart \"%s\": records cannot be read back from it - name a MemoryBlock",
            user, name);
        return;
    }
    d->users++;
}

static void check_partition_devices(struct model *m, uint32_t id)
{
    struct partition *p = &m->partitions.at[id];
    const struct device *console;

    check_console(m, p->line, "@console", p->console);
    if (p->trace.device != NULL) {
        check_log(m, p->trace.line, "Trace", p->trace.device);
    }
    console = p->console != NULL ? model_device(m, p->console) : NULL;
    bool on_link = console != NULL && console->kind == DEVICE_UART && console->is_link;
    if (!p->has_console_bytes) {
        p->console_bytes = on_link ? CONSOLE_RING_BYTES : 0;
    } else if (!on_link && p->console_bytes != 0) {
        warning_at(p->line,
                   "consoleSize has no effect: the console of %s is not a link to the ground",
                   partition_label(m, id));
        p->console_bytes = 0;
    } else if (p->console_bytes != 0) {
        check_ring(p->line, "consoleSize", p->console_bytes);
    }
}

#define STREAM_MIN_BYTES 1024

/* Devices and their users. */
void check_devices(struct model *m)
{
    for (uint32_t i = 0; i < m->devices.count; i++) {
        check_device_name(m, i);
        if (m->devices.at[i].kind == DEVICE_UART) {
            check_uart(m, i);
        }
    }
    check_console(m, m->hypervisor.line, "@console", m->hypervisor.console);
    const struct device *console =
        m->hypervisor.console != NULL ? model_device(m, m->hypervisor.console) : NULL;
    if (console != NULL && console->kind == DEVICE_UART && console->is_link) {
        warning_at(m->hypervisor.line,
                   "the hypervisor's text goes to UART \"%s\", which is a link: the ground sees it "
                   "as damaged frames; remove @console",
                   console->name);
    }
    check_log(m, m->hypervisor.line, "@healthMonitorDevice", m->hypervisor.hm_device);
    if (m->hypervisor.trace.device != NULL) {
        check_log(m, m->hypervisor.trace.line, "Trace", m->hypervisor.trace.device);
    }
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        check_partition_devices(m, i);
    }
    for (uint32_t i = 0; i < m->devices.count; i++) {
        const struct device *d = &m->devices.at[i];
        if (d->kind == DEVICE_MEMORY_BLOCK && d->users > 0 &&
            d->size / d->users / 8 * 8 < STREAM_MIN_BYTES) {
            error_at(d->line,
                     "MemoryBlock \"%s\" is shared by %u logs, which leaves %u bytes each - make "
                     "it %uKB or "
                     "larger",
                     d->name, d->users, d->size / d->users / 8 * 8, (d->users + 3) / 4 * 4);
        }
    }
}

/* ---- hardware of partitions ------------------------------------------------------------------ */

static bool uart_in_use(const struct model *m, uint32_t uart)
{
    for (uint32_t i = 0; i < m->devices.count; i++) {
        if (m->devices.at[i].kind == DEVICE_UART && m->devices.at[i].uart_id == uart) {
            return true;
        }
    }
    return false;
}

static bool is_kept(const struct model *m, const struct board_device *device)
{
    return device->uart == BOARD_NO_UART || uart_in_use(m, device->uart);
}

static void check_lines(const struct model *m, uint32_t id)
{
    const struct partition *p = &m->partitions.at[id];

    if ((p->hw_irqs & 1u) != 0) {
        error_at(p->interrupts_line, "line 0 is not an interrupt - use 1 to 14");
    }
    if ((p->hw_irqs & 1u << 15) != 0) {
        error_at(p->interrupts_line, "line 15 cannot be held back while the hypervisor runs (SPARC "
                                     "V8 never masks level 15) - use 1 to 14");
    }
    for (unsigned i = 0; i < board_device_count; i++) {
        const struct board_device *d = &board_devices[i];
        for (unsigned line = 1; line < CONFIG_NO_HWIRQS && is_kept(m, d); line++) {
            if ((p->hw_irqs & d->lines & 1u << line) != 0) {
                error_at(p->interrupts_line, "line %u is the hypervisor's, for %s - remove it",
                         line, d->name);
            }
        }
    }
    for (uint32_t j = 0; j < id; j++) {
        const struct partition *other = &m->partitions.at[j];
        for (unsigned line = 1; line < CONFIG_NO_HWIRQS; line++) {
            if ((p->hw_irqs & other->hw_irqs & 1u << line) != 0) {
                error_at(
                    p->interrupts_line,
                    "line %u belongs to %s (line %d of the file) already - a line has one owner",
                    line, partition_label(m, j), other->interrupts_line);
            }
        }
    }
}

static bool meets(uint64_t start, uint64_t bytes, uint64_t other_start, uint64_t other_bytes)
{
    return start < other_start + other_bytes && other_start < start + bytes;
}

static void check_io_port(const struct model *m, const struct io_port *io)
{
    uint64_t bytes = (uint64_t)io->words * 4;

    if (io->address % 4 != 0) {
        error_at(io->line, "I/O port 0x%08x is not a multiple of 4 - name a 32-bit register",
                 io->address);
    }
    if (io->words == 0 || io->address + bytes > 1ull << 32) {
        error_at(
            io->line,
            "I/O ports from 0x%08x, %u of them, do not fit the address space - correct noPorts",
            io->address, io->words);
    }
    for (unsigned i = 0; i < board_device_count; i++) {
        const struct board_device *d = &board_devices[i];
        if (is_kept(m, d) && meets(io->address, bytes, d->start, d->size)) {
            error_at(io->line,
                     "I/O port 0x%08x..0x%08llx meets registers of %s, which are the hypervisor's "
                     "- remove it",
                     io->address, (unsigned long long)(io->address + bytes - 1), d->name);
            break;
        }
    }
    for (uint32_t i = 0; i < m->regions.count; i++) {
        const struct region *r = &m->regions.at[i];
        if (meets(io->address, bytes, r->start, r->size)) {
            error_at(
                io->line,
                "I/O port 0x%08x lies in the memory region of line %d - give memory with an Area",
                io->address, r->line);
        }
    }
    if (io->restricted && !io->has_mask && !m->mask_defaults) {
        warning_at(
            io->line,
            "Restricted without @mask grants no bit of 0x%08x: write the bits that are granted",
            io->address);
    }
}

static uint32_t granted(const struct model *m, const struct io_port *io)
{
    return io->restricted && !io->has_mask && m->mask_defaults ? ~0u : io->mask;
}

/* Two grants may meet only in one register, with disjoint bits. */
static void check_io_apart(const struct model *m, const struct io_port *a, const struct io_port *b)
{
    if (meets(a->address, (uint64_t)a->words * 4, b->address, (uint64_t)b->words * 4) &&
        (granted(m, a) & granted(m, b)) != 0) {
        error_at(b->line,
                 "I/O port 0x%08x is granted at line %d already - use Restricted with disjoint "
                 "masks, or remove "
                 "one",
                 b->address > a->address ? b->address : a->address, a->line);
    }
}

/* ---- Ethernet -------------------------------------------------------------------------------- */

/* Registers of a GRETH that say where it finds descriptors, or let somebody else command it: TXDP,
 * RXDP, debug link. And of CTRL the bits of the debug link. */
#define MAC_POINTERS 0x14
#define MAC_POINTERS_END 0x30
#define MAC_CTRL_BITS 0x00007000u
#define MAC_REGISTERS_BYTES 0x100

static bool read_ip(const char *text, uint32_t *address)
{
    unsigned char bytes[4];

    if (inet_pton(AF_INET, text, bytes) != 1) {
        return false;
    }
    *address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return true;
}

static void check_mac_address(int line, struct ethernet *e)
{
    unsigned b[6];
    int end = 0;

    if (e->mac_text == NULL ||
        sscanf(e->mac_text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
               &end) != 6 ||
        e->mac_text[end] != '\0' || (b[0] & 1) != 0) {
        error_at(line,
                 "macAddress \"%s\" of the Ethernet device is not the hardware address of one station "
                 "- write such as \"02:00:5e:00:00:01\"",
                 e->mac_text == NULL ? "" : e->mac_text);
        return;
    }
    e->mac_high = b[0] << 8 | b[1];
    e->mac_low = b[2] << 24 | b[3] << 16 | b[4] << 8 | b[5];
}

static void check_ip_address(int line, struct ethernet *e)
{
    char address[16] = "";
    unsigned bits = 0;
    int end = 0;

    if (e->ip_text == NULL || sscanf(e->ip_text, "%15[0-9.]/%2u%n", address, &bits, &end) != 2 ||
        e->ip_text[end] != '\0' || bits < 8 || bits > 30 || !read_ip(address, &e->ip)) {
        error_at(line,
                 "ipAddress \"%s\" of the Ethernet device is not an address with the length of its "
                 "network - write such as \"10.0.2.15/24\"",
                 e->ip_text == NULL ? "" : e->ip_text);
        return;
    }
    e->netmask = ~0u << (32 - bits);
    if (e->gateway_text != NULL &&
        (!read_ip(e->gateway_text, &e->gateway) || ((e->gateway ^ e->ip) & e->netmask) != 0)) {
        error_at(line,
                 "ipGateway %s is no address of the network of ipAddress %s - name a host of it, or "
                 "remove ipGateway",
                 e->gateway_text, e->ip_text);
    }
}

static void check_ethernet(struct model *m, uint32_t id)
{
    struct partition *p = &m->partitions.at[id];
    struct ethernet *e = &p->ethernet;

    if (e->registers_text == NULL) {
        if (e->mac_text != NULL || e->ip_text != NULL || e->gateway_text != NULL) {
            error_at(p->line, "macAddress, ipAddress and ipGateway belong to an Ethernet device - "
                              "name its registers with ethernet, or remove them");
        }
        return;
    }
    if (lex_hex(e->registers_text, &e->registers) != LEX_OK || e->registers == 0 ||
        e->registers % MAC_REGISTERS_BYTES != 0) {
        error_at(p->line, "ethernet=\"%s\" is not the address of a device's registers - write such "
                          "as \"0x80000e00\"", e->registers_text);
        return;
    }
    check_mac_address(p->line, e);
    check_ip_address(p->line, e);
    for (uint32_t i = 0; i < id; i++) {
        if (m->partitions.at[i].ethernet.registers == e->registers) {
            error_at(p->line,
                     "the Ethernet device at %s is that of the partition of line %d already - give it "
                     "to one of them",
                     e->registers_text, m->partitions.at[i].line);
        }
    }
}

/* Nobody may be granted what aims the device. */
static void check_ethernet_grant(const struct model *m, const struct io_port *io)
{
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        uint32_t base = m->partitions.at[i].ethernet.registers;
        uint64_t bytes = (uint64_t)io->words * 4;

        if (base == 0) {
            continue;
        }
        if (meets(io->address, bytes, base + MAC_POINTERS, MAC_POINTERS_END - MAC_POINTERS) ||
            (meets(io->address, bytes, base, 4) && (granted(m, io) & MAC_CTRL_BITS) != 0)) {
            error_at(io->line,
                     "I/O port 0x%08x lets a partition aim the Ethernet device at any memory - of its "
                     "first register grant mask 0xffff8fff or less, and never those from +0x14 to "
                     "+0x2c",
                     io->address);
        }
    }
}

/* Interrupt lines, Ethernet devices and I/O ports. */
void check_hardware(struct model *m)
{
    VEC(const struct io_port *) all = { 0 };

    for (uint32_t i = 0; i < m->partitions.count; i++) {
        check_ethernet(m, i);
    }
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        check_lines(m, i);
        for (uint32_t j = 0; j < m->partitions.at[i].io_ports.count; j++) {
            const struct io_port *io = &m->partitions.at[i].io_ports.at[j];
            check_io_port(m, io);
            check_ethernet_grant(m, io);
            for (uint32_t k = 0; k < all.count; k++) {
                check_io_apart(m, all.at[k], io);
            }
            *VEC_ADD(&all) = io;
        }
    }
    free(all.at);
}
