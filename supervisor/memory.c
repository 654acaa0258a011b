/* memory.c - areas, bytes and check sums of partitions' memory (see memory.h) */
#include "memory.h"

#include <stdio.h>
#include <string.h>
#include <xm.h>

#include "../hypervisor/abi/records.h"
#include "frame.h"

#define AREAS_PER_REPLY 16u

/* Of one XM_memory_copy: few calls, and little memory for what passes through. */
#define PIECE_BYTES 1024u

static struct {
    uint32_t piece[PIECE_BYTES / 4u]; /* on a word, as XM_memory_copy wants it */
    char missed[160];
    /* the last check asked for */
    bool known;   /* there was one, and it did not fail */
    bool is_owed; /* its asker waits for an answer */
    struct asker asker;
    uint32_t partition, address, size;
    uint32_t done; /* bytes of the range */
    uint32_t crc32c, slots;
    uint64_t begun_us, asked_us;
} memory;

/* No check was asked for. */
void memory_init(void)
{
    memset(&memory, 0, sizeof(memory));
}

/* ---- areas ----------------------------------------------------------------------------------- */

/* Finds the area of the partition that holds the whole range; false: there is none that may be read,
 * as in the supervisor, where the keys of the link are: answers are not encrypted, and a check sum
 * tells a byte as well. In subtraction form, because the end of a range may be that of the address
 * space. */
static bool find_area(uint32_t partition, uint64_t address, uint64_t size, struct view_area *area)
{
    for (uint32_t i = 0; partition != view_self() && view_area(partition, i, area); i++) {
        uint64_t offset = address - area->start; /* below it: huge */

        if (offset < area->size && size <= area->size - offset) {
            return true;
        }
    }
    return false;
}

/* Does one area of the partition hold all these items? No range is empty. */
bool memory_holds(uint32_t partition, uint64_t first_item, uint64_t items)
{
    struct view_area area;

    return first_item != 0 && items != 0 && find_area(partition, first_item - 1, items, &area);
}

/* How far outside an area an address is; 0: within. */
static uint64_t distance(const struct view_area *area, uint64_t address)
{
    uint64_t last = (uint64_t)area->start + area->size - 1;

    return address < area->start ? area->start - address : address > last ? address - last : 0;
}

/* One sentence about a range that memory_holds() refuses: which area it missed. Valid until the next
 * call. */
const char *memory_missed(uint32_t partition, uint64_t first_item, uint64_t items)
{
    struct view_area area, nearest;
    uint32_t count = view_area_count(partition), number = 0;
    uint64_t least = UINT64_MAX;

    if (count == 0) {
        return "no such partition: ask for the list";
    }
    if (partition == view_self()) {
        return "the supervisor's own memory holds the keys of the link";
    }
    if (first_item == 0 || first_item > UINT32_MAX + UINT64_C(1) || items == 0) {
        return "no such range of memory: an address of 32 bits and at least one byte";
    }
    for (uint32_t i = 0; i < count && view_area(partition, i, &area); i++) {
        if (distance(&area, first_item - 1) < least) {
            least = distance(&area, first_item - 1);
            number = i;
            nearest = area;
        }
    }
    if (least == UINT64_MAX) {
        return "the configuration cannot be read";
    }
    snprintf(memory.missed, sizeof(memory.missed),
             "no area of the partition holds %u bytes at 0x%08x: the nearest, number %u, is "
             "0x%08x to 0x%08x",
             items > UINT32_MAX ? UINT32_MAX : (uint32_t)items, (uint32_t)(first_item - 1), number,
             nearest.start, nearest.start + (nearest.size - 1));
    return memory.missed;
}

/* Answers with the memory areas of a partition. */
void memory_list(const struct asker *asker, const Xm__Request *request)
{
    static struct view_area configured[AREAS_PER_REPLY];
    static Xm__MemoryArea areas[AREAS_PER_REPLY], *pointers[AREAS_PER_REPLY];
    const Xm__MemoryList *wanted = request->memory_list;
    Xm__MemoryAreas list = XM__MEMORY_AREAS__INIT;
    Xm__Reply *reply;

    if (wanted->partition >= view_kernel()->partition_count) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID, "no such partition: ask for the list");
        return;
    }
    reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    list.total = view_area_count(wanted->partition);
    list.area = pointers;
    reply->result_case = XM__REPLY__RESULT_MEMORY_AREAS;
    reply->memory_areas = &list;
    for (uint32_t i = 0; i < AREAS_PER_REPLY && wanted->first < list.total &&
                         i < list.total - wanted->first &&
                         view_area(wanted->partition, wanted->first + i, &configured[i]);
         i++) {
        xm__memory_area__init(&areas[i]);
        areas[i].start = configured[i].start;
        areas[i].size = configured[i].size;
        areas[i].mapped_at = configured[i].mapped_at;
        areas[i].flags = configured[i].flags;
        areas[i].name = configured[i].name;
        pointers[i] = &areas[i];
        list.n_area = i + 1;
        if (!reply_fits()) {
            list.n_area = i;
            break;
        }
    }
    reply_close();
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Physical address of a part of the supervisor's own memory. */
static xmAddress_t physical(const void *at)
{
    const struct xmPhysicalMemMap *map = XM_get_partition_mmap();
    xmAddress_t address = (xmAddress_t)(uintptr_t)at;

    for (xm_s32_t i = 0; i < XM_get_PCT()->noPhysicalMemAreas; i++) {
        if (address - map[i].mappedAt < map[i].size) {
            return map[i].startAddr + (address - map[i].mappedAt);
        }
    }
    return address; /* XM_memory_copy refuses it */
}

/* Copies to memory.piece as much of the range as fits it. Returns how many bytes, and in *bytes where
 * the first one is; or a code of the hypervisor. */
static int32_t read_piece(uint32_t partition, uint32_t address, uint32_t size,
                          const uint8_t **bytes)
{
    uint32_t lead = address & 3u; /* an area begins on a page, so the whole word belongs to it */
    uint32_t count = size < PIECE_BYTES - lead ? size : PIECE_BYTES - lead;
    xm_s32_t code = XM_memory_copy(view_self(), physical(memory.piece), partition, address - lead,
                                   lead + count);

    *bytes = (const uint8_t *)memory.piece + lead;
    return code < 0 ? code : (int32_t)count;
}

/* Fills a batch (abi/records.h) as XM_console_fetch does, with bytes of memory: from item
 * `from_item` on, as many as `size` bytes hold with the head, or the area. Returns their number or a
 * code of the hypervisor. */
int32_t memory_fetch(uint32_t partition, uint64_t from_item, void *batch, uint32_t size)
{
    struct xm_batch head;
    struct view_area area;
    uint64_t left;

    if (from_item == 0 || !find_area(partition, from_item - 1, 1, &area)) {
        return XM_INVALID_PARAM;
    }
    memset(&head, 0, sizeof(head));
    head.oldest = (uint64_t)area.start + 1;
    head.next = head.oldest + area.size;
    head.first = from_item;
    head.boot_id = view_kernel()->boot_id;
    left = head.next - from_item;
    left = left < size - sizeof(head) ? left : size - sizeof(head);
    while (head.count < left) {
        const uint8_t *bytes;
        int32_t got = read_piece(partition, (uint32_t)(from_item - 1) + head.count,
                                 (uint32_t)left - head.count, &bytes);

        if (got < 0) {
            return got;
        }
        memcpy((uint8_t *)batch + sizeof(head) + head.count, bytes, (uint32_t)got);
        head.count += (uint32_t)got;
    }
    memcpy(batch, &head, sizeof(head));
    return (int32_t)head.count;
}

/* ---- check sums ------------------------------------------------------------------------------ */

static bool is_the_last(const struct asker *asker, const Xm__MemoryCheck *wanted)
{
    return memory.known && memory.asker.link == asker->link && memory.asker.id == asker->id &&
           memory.partition == wanted->partition && memory.address == wanted->address &&
           memory.size == wanted->size;
}

static void answer(void)
{
    Xm__MemoryChecked checked = XM__MEMORY_CHECKED__INIT;
    Xm__Reply *reply = reply_open(&memory.asker, memory.done == memory.size
                                                     ? XM__STAGE__STAGE_COMPLETED
                                                     : XM__STAGE__STAGE_ACCEPTED);

    checked.crc32c = memory.crc32c;
    checked.begun_us = memory.begun_us;
    checked.slots = memory.slots;
    checked.bytes = memory.done;
    reply->result_case = XM__REPLY__RESULT_MEMORY_CHECKED;
    reply->memory_checked = &checked;
    reply_close();
    memory.is_owed = false;
}

/* Takes a check of a range, or refuses it: the range is in no area, or another link's is in progress.
 * The same one asked for again goes on. memory_poll() answers it. */
void memory_check(const struct asker *asker, const Xm__Request *request)
{
    const Xm__MemoryCheck *wanted = request->memory_check;
    uint64_t first_item = (uint64_t)wanted->address + 1;

    if (is_the_last(asker, wanted)) {
        memory.is_owed = true;
        memory.asked_us = (uint64_t)view_kernel()->now_us;
    } else if (!memory_holds(wanted->partition, first_item, wanted->size)) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID,
                     memory_missed(wanted->partition, first_item, wanted->size));
    } else if (memory.known && memory.done < memory.size && memory.asker.link != asker->link) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_BUSY,
                     "a check for the other link is in progress: ask again");
    } else {
        if (memory.is_owed) { /* asked for in this slot, and given up already */
            answer();
        }
        memory.known = memory.is_owed = true;
        memory.asker = *asker;
        memory.partition = wanted->partition;
        memory.address = wanted->address;
        memory.size = wanted->size;
        memory.done = memory.crc32c = memory.slots = 0;
        memory.asked_us = (uint64_t)view_kernel()->now_us;
    }
}

/* Adds MEMORY_SLOT_BYTES to the check sum, or what is left; returns XM_OK or a code of the
 * hypervisor. */
static int32_t advance(void)
{
    uint32_t left = memory.size - memory.done;
    uint32_t end = memory.done + (left < MEMORY_SLOT_BYTES ? left : MEMORY_SLOT_BYTES);

    if (memory.slots++ == 0) {
        memory.begun_us = (uint64_t)view_kernel()->now_us;
    }
    while (memory.done < end) {
        const uint8_t *bytes;
        int32_t got = read_piece(memory.partition, memory.address + memory.done,
                                 end - memory.done, &bytes);

        if (got < 0) {
            return got;
        }
        memory.crc32c = frame_crc32c_more(memory.crc32c, bytes, (uint32_t)got);
        memory.done += (uint32_t)got;
    }
    return XM_OK;
}

/* Does anybody still want the check in progress? */
static bool is_wanted(void)
{
    return memory.is_owed ||
           (uint64_t)view_kernel()->now_us - memory.asked_us < MEMORY_PATIENCE_US;
}

/* Goes on with the check in progress, and answers who waits for it. One that fails, or that nobody
 * has asked about for long, is forgotten: asked for again, it begins again. */
void memory_poll(void)
{
    bool in_progress = memory.known && memory.done < memory.size;
    int32_t code = in_progress && is_wanted() ? advance() : XM_OK;

    memory.known = memory.known && code == XM_OK && (!in_progress || is_wanted());
    if (!memory.is_owed || !link_has_room(memory.asker.link, FRAME_REPLY)) {
        return;
    }
    if (memory.known) {
        answer();
    } else {
        memory.is_owed = false;
        reply_hypervisor(&memory.asker, XM__STAGE__STAGE_FAILED, code,
                         "the memory can no longer be read");
    }
}
