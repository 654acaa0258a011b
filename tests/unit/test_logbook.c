/* Ring of numbered records in memory that a reset keeps. */
#include <string.h>
#include "fixture.h"

#define CAPACITY 5u
#define HEAD_BYTES 32u
#define STORAGE_BYTES (HEAD_BYTES + CAPACITY * (xm_u32_t)sizeof(struct xm_trace_record))

static xm_u64_t storage[STORAGE_BYTES / 8];
static struct logbook book;

static void reopen(void)
{
    logbook_open(&book, storage, STORAGE_BYTES, sizeof(struct xm_trace_record));
}

static void fresh(void)
{
    memset(storage, 0xa5, sizeof(storage));
    reopen();
}

static void append(xm_u32_t count)
{
    for (xm_u32_t i = 0; i < count; i++) {
        xm_u64_t expected = book.next;
        struct xm_trace_record *record = logbook_begin(&book);

        record->opcode_h = 0;
        record->opcode_l = (xm_u32_t)expected;
        memset(record->payload, (int)i, sizeof(record->payload));
        logbook_end(&book, record);
        assert_int_equal(record->seq, expected);
        assert_int_equal(book.next, expected + 1);
    }
}

static struct xm_trace_record *stored(xm_u32_t place)
{
    return (struct xm_trace_record *)(void *)((xm_u8_t *)storage + HEAD_BYTES) + place;
}

static xm_u64_t read_seq(void)
{
    const struct xm_trace_record *record = logbook_read(&book);

    return record == NULL ? 0 : record->seq;
}

static xmHmStatus_t status_now(void)
{
    xmAddress_t at = FIXTURE_SCRATCH(1);

    assert_int_equal(logbook_status(&book, at), XM_OK);
    return *(const xmHmStatus_t *)arch_guest_pointer(at);
}

static void logbook_noise_starts_at_one(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(book.capacity, CAPACITY);
    assert_int_equal(logbook_oldest(&book), 1);
    assert_int_equal(book.next, 1);
    assert_null(logbook_get(&book, 1));
    assert_int_equal(read_seq(), 0);
}

static void logbook_keeps_the_newest_when_it_wraps(void **state)
{
    (void)state;
    fresh();
    append(13);
    assert_int_equal(logbook_oldest(&book), 9);
    assert_int_equal(book.next, 14);
    assert_null(logbook_get(&book, 8));
    for (xm_u64_t seq = 9; seq < 14; seq++) {
        const struct xm_trace_record *record = logbook_get(&book, seq);

        assert_non_null(record);
        assert_int_equal(record->opcode_l, seq);
    }
    assert_null(logbook_get(&book, 14));
}

static void logbook_survives_a_reset(void **state)
{
    (void)state;
    for (xm_u32_t count = 0; count <= 12; count++) {
        fresh();
        append(count);
        reopen();
        assert_int_equal(book.next, count + 1);
        assert_int_equal(logbook_oldest(&book), count > CAPACITY ? count - CAPACITY + 1 : 1);
        append(1);
        assert_non_null(logbook_get(&book, count + 1));
    }
}

static void logbook_rebuilds_a_torn_head(void **state)
{
    (void)state;
    for (xm_u32_t count = 1; count <= 12; count++) {
        fresh();
        append(count);
        storage[2] ^= 0xff00; /* half a head: its CRC no longer holds */
        reopen();
        assert_int_equal(book.next, count + 1);
        assert_int_equal(logbook_oldest(&book), count > CAPACITY ? count - CAPACITY + 1 : 1);
        for (xm_u64_t seq = logbook_oldest(&book); seq < book.next; seq++) {
            assert_non_null(logbook_get(&book, seq));
        }
        append(CAPACITY + 1);
        assert_int_equal(book.next, count + CAPACITY + 2);
    }
}

static void logbook_takes_in_a_record_the_head_does_not_count(void **state)
{
    xm_u64_t old_head[HEAD_BYTES / 8];

    (void)state;
    fresh();
    append(7);
    memcpy(old_head, storage, HEAD_BYTES);
    append(1);
    memcpy(storage, old_head, HEAD_BYTES); /* reset between record and head */
    reopen();
    assert_int_equal(book.next, 9);
    assert_int_equal(logbook_oldest(&book), 4);
    assert_non_null(logbook_get(&book, 8));
}

static void logbook_half_a_record_costs_only_the_one_it_replaced(void **state)
{
    (void)state;
    fresh();
    append(7);
    memset(&stored(book.place)->time_us, 0x77, 8); /* reset in the middle of writing number 8 over number 3 */
    reopen();
    assert_int_equal(book.next, 8);
    assert_int_equal(logbook_oldest(&book), 4);
}

static void logbook_skips_a_damaged_record(void **state)
{
    (void)state;
    fresh();
    append(4);
    stored(1)->payload[2] ^= 1;
    assert_null(logbook_get(&book, 2));
    assert_int_equal(read_seq(), 1);
    assert_int_equal(read_seq(), 3);
    assert_int_equal(read_seq(), 4);
    assert_int_equal(read_seq(), 0);
    reopen();
    assert_int_equal(book.next, 5);
    assert_int_equal(logbook_oldest(&book), 1);
}

static void logbook_never_gives_a_number_again(void **state)
{
    (void)state;
    /* Head lost and the newest record damaged: its number is unknown, but was 4 at least. */
    fresh();
    append(4);
    storage[0] = 0;
    stored(3)->payload[0] ^= 1;
    reopen();
    assert_true(book.next >= 5);
    append(2);
    assert_non_null(logbook_get(&book, book.next - 1));
    assert_non_null(logbook_get(&book, 3));
}

static void logbook_numbers_go_on_when_the_size_changes(void **state)
{
    (void)state;
    fresh();
    append(9);
    logbook_open(&book, storage, STORAGE_BYTES - sizeof(struct xm_trace_record), sizeof(struct xm_trace_record));
    assert_int_equal(book.capacity, CAPACITY - 1);
    assert_int_equal(book.next, 10);
    append(6);
    for (xm_u64_t seq = logbook_oldest(&book); seq < book.next; seq++) {
        assert_non_null(logbook_get(&book, seq));
    }
    assert_int_equal(book.next, 16);
    /* another kind of record in the same memory */
    logbook_open(&book, storage, STORAGE_BYTES, sizeof(struct xm_hm_record));
    assert_int_equal(book.next, 16);
    assert_int_equal(logbook_oldest(&book), 16);
}

static void logbook_without_storage_stores_nothing(void **state)
{
    struct xm_trace_record record = { 0 };
    xmHmStatus_t status;

    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    logbook_open(&book, NULL, 0, sizeof(record));
    assert_false(logbook_stores(&book));
    assert_int_equal(read_seq(), 0);
    status = status_now();
    assert_int_equal(status.noEvents, 0);
    assert_int_equal(status.maxEvents, 0);
    logbook_open(&book, storage, HEAD_BYTES + sizeof(record) - 1, sizeof(record));
    assert_false(logbook_stores(&book));
}

static void logbook_one_record_is_enough(void **state)
{
    (void)state;
    memset(storage, 0, sizeof(storage));
    logbook_open(&book, storage, HEAD_BYTES + sizeof(struct xm_trace_record), sizeof(struct xm_trace_record));
    append(3);
    assert_int_equal(logbook_oldest(&book), 3);
    assert_non_null(logbook_get(&book, 3));
    logbook_open(&book, storage, HEAD_BYTES + sizeof(struct xm_trace_record), sizeof(struct xm_trace_record));
    assert_int_equal(book.next, 4);
}

static void logbook_reader_is_pushed_on_by_overwriting(void **state)
{
    (void)state;
    fresh();
    append(3);
    assert_int_equal(read_seq(), 1);
    append(5); /* 1..3 are gone, 4..8 stored */
    assert_int_equal(read_seq(), 4);
    assert_int_equal(read_seq(), 5);
}

static void logbook_seek_stays_inside(void **state)
{
    (void)state;
    fresh();
    append(8); /* 4..8 stored */
    assert_int_equal(logbook_seek(&book, 2, XM_OBJ_SEEK_SET), XM_OK);
    assert_int_equal(read_seq(), 6);
    assert_int_equal(logbook_seek(&book, -2, XM_OBJ_SEEK_CUR), XM_OK);
    assert_int_equal(read_seq(), 5);
    assert_int_equal(logbook_seek(&book, -1, XM_OBJ_SEEK_END), XM_OK);
    assert_int_equal(read_seq(), 8);
    assert_int_equal(logbook_seek(&book, 0, XM_OBJ_SEEK_END), XM_OK);
    assert_int_equal(read_seq(), 0);
    assert_int_equal(logbook_seek(&book, 5, XM_OBJ_SEEK_SET), XM_OK);
    assert_int_equal(logbook_seek(&book, 6, XM_OBJ_SEEK_SET), XM_INVALID_PARAM);
    assert_int_equal(logbook_seek(&book, -1, XM_OBJ_SEEK_SET), XM_INVALID_PARAM);
    assert_int_equal(logbook_seek(&book, 1, XM_OBJ_SEEK_END), XM_INVALID_PARAM);
    assert_int_equal(logbook_seek(&book, -6, XM_OBJ_SEEK_END), XM_INVALID_PARAM);
    assert_int_equal(logbook_seek(&book, (xm_s32_t)0x80000000, XM_OBJ_SEEK_CUR), XM_INVALID_PARAM);
    assert_int_equal(logbook_seek(&book, 0x7fffffff, XM_OBJ_SEEK_CUR), XM_INVALID_PARAM);
    assert_int_equal(logbook_seek(&book, 0, 3), XM_INVALID_PARAM);
    assert_int_equal(read_seq(), 0); /* no refusal moved it */
}

static void logbook_status_counts_unread(void **state)
{
    xmHmStatus_t status;

    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    fresh();
    append(8);
    (void)read_seq();
    (void)read_seq();
    status = status_now();
    assert_int_equal(status.noEvents, 3);
    assert_int_equal(status.maxEvents, CAPACITY);
    assert_int_equal(status.currentEvent, 2);
}

/* From the sum of its words, for sums that carry out of a word, out of a half, and not at all. */
static void logbook_checksum_is_ones_complement(void **state)
{
    static const xm_u32_t word[] = { 0,          1,          0xffff,     0x10000,    0xffffffffu, 0x8000ffffu,
                                     0x7fff0001, 0xfffeffff, 0x00010001, 0xabcd1234, 0xffff0000u, 0x0000fffeu };
    const xm_u32_t count = sizeof(word) / sizeof(word[0]);

    (void)state;
    for (xm_u32_t first = 0; first < count; first++) {
        for (xm_u32_t words = 1; words <= 9; words++) {
            xm_u32_t record[9];
            xm_u64_t sum = 0;

            for (xm_u32_t i = 0; i < words; i++) {
                record[i] = word[(first + i * (1 + first % 3)) % count];
                sum += record[i];
            }
            assert_int_equal(logbook_checksum(sum), fixture_checksum(record, words * 4));
        }
    }
}

/* Any single damaged bit, and words that changed places, leave no valid record. */
static void logbook_seal_finds_damage(void **state)
{
    xm_u32_t *word;

    (void)state;
    fresh();
    append(2);
    word = (xm_u32_t *)(void *)stored(1);
    for (xm_u32_t bit = 0; bit < sizeof(struct xm_trace_record) * 8; bit++) {
        word[bit / 32] ^= 1u << bit % 32;
        assert_null(logbook_get(&book, 2));
        word[bit / 32] ^= 1u << bit % 32;
    }
    for (xm_u32_t a = 0; a < sizeof(struct xm_trace_record) / 4; a++) {
        for (xm_u32_t b = 0; b < a; b++) {
            xm_u32_t kept = word[a];

            word[a] = word[b];
            word[b] = kept;
            assert_true(word[a] == word[b] || logbook_get(&book, 2) == NULL);
            word[b] = word[a];
            word[a] = kept;
        }
    }
    assert_non_null(logbook_get(&book, 2));
}

static xm_s32_t fetch(xm_u64_t from, xm_u32_t records)
{
    return logbook_fetch(&book, &partitions[0], from, FIXTURE_SCRATCH(0),
                         (xm_u32_t)(sizeof(struct xm_batch) + records * sizeof(struct xm_trace_record)));
}

static void logbook_fetch_by_number(void **state)
{
    const struct xm_batch *batch;
    const struct xm_trace_record *record;

    (void)state;
    fixture_start();
    batch = arch_guest_pointer(FIXTURE_SCRATCH(0));
    record = (const struct xm_trace_record *)(const void *)(batch + 1);
    fresh();
    append(8); /* 4..8 stored */
    assert_int_equal(fetch(0, 3), 3);
    assert_int_equal(batch->oldest, 4);
    assert_int_equal(batch->next, 9);
    assert_int_equal(batch->first, 4);
    assert_int_equal(batch->count, 3);
    assert_int_equal(batch->boot_id, kernel_boot_id);
    assert_int_equal(record[2].seq, 6);
    for (xm_u32_t i = 0; i < 3; i++) {
        assert_int_equal(record[i].crc32c, crc32c(&record[i], sizeof(record[i]) - 4));
    }
    assert_int_equal(fetch(7, 10), 2);
    assert_int_equal(batch->first, 7);
    assert_int_equal(record[1].seq, 8);
    assert_int_equal(fetch(9, 10), 0);
    assert_int_equal(fetch(1000, 10), 0);
    assert_int_equal(batch->first, 9);
    assert_int_equal(fetch(5, 0), 0);
    assert_int_equal(batch->count, 0);
    assert_int_equal(fetch(4, 10), 5); /* nothing was consumed */
    stored(0)->payload[0] ^= 1; /* number 6: places go round from number 1 at place 0 */
    assert_int_equal(fetch(5, 10), 4); /* as it is stored: the reader sees the damage by its CRC */
    assert_true(record[1].seq == 6 && record[1].crc32c != crc32c(&record[1], sizeof(record[1]) - 4));
    stored(0)->seq ^= 1u << 20; /* not even its number is left */
    assert_int_equal(fetch(5, 10), 1); /* a batch has no gap inside */
    assert_int_equal(batch->first, 5);
    assert_int_equal(fetch(6, 10), 2);
    assert_int_equal(batch->first, 7);
}

static void logbook_fetch_goes_on_behind_damage(void **state)
{
    static xm_u64_t large[(HEAD_BYTES + 100 * sizeof(struct xm_trace_record)) / 8];
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));
    xm_u64_t from = 0;
    xm_u32_t asked = 0;

    (void)state;
    fixture_start();
    memset(large, 0, sizeof(large));
    logbook_open(&book, large, sizeof(large), sizeof(struct xm_trace_record));
    append(80);
    for (xm_u32_t seq = 1; seq < 60; seq++) { /* a bad memory chip */
        ((xm_u8_t *)large)[HEAD_BYTES + (seq - 1) * sizeof(struct xm_trace_record) + 3] ^= 1;
    }
    while (fetch(from, 100) == 0) {
        assert_true(batch->first > from);
        from = batch->first;
        asked++;
    }
    assert_int_equal(batch->first, 60);
    assert_in_range(asked, 3, 10); /* each call looks at a bounded number */
}

static void logbook_fetch_refuses_bad_buffers(void **state)
{
    (void)state;
    fixture_start();
    fresh();
    append(1);
    assert_int_equal(logbook_fetch(&book, &partitions[0], 1, FIXTURE_SCRATCH(0) + 4, 256), XM_INVALID_PARAM);
    assert_int_equal(logbook_fetch(&book, &partitions[0], 1, FIXTURE_SCRATCH(0), 31), XM_INVALID_PARAM);
    assert_int_equal(logbook_fetch(&book, &partitions[0], 1, FIXTURE_SCRATCH(1), 256), XM_INVALID_PARAM);
    assert_int_equal(logbook_fetch(&book, &partitions[0], 1, FIXTURE_READONLY(0), 256), XM_INVALID_PARAM);
    assert_int_equal(logbook_fetch(&book, &partitions[0], 1, FIXTURE_READONLY(0) - 32, 256), XM_INVALID_PARAM);
    assert_int_equal(logbook_fetch(&book, &partitions[0], 1, FIXTURE_SCRATCH(0), ~0u), XM_INVALID_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logbook_noise_starts_at_one),
        cmocka_unit_test(logbook_keeps_the_newest_when_it_wraps),
        cmocka_unit_test(logbook_survives_a_reset),
        cmocka_unit_test(logbook_rebuilds_a_torn_head),
        cmocka_unit_test(logbook_takes_in_a_record_the_head_does_not_count),
        cmocka_unit_test(logbook_half_a_record_costs_only_the_one_it_replaced),
        cmocka_unit_test(logbook_skips_a_damaged_record),
        cmocka_unit_test(logbook_never_gives_a_number_again),
        cmocka_unit_test(logbook_numbers_go_on_when_the_size_changes),
        cmocka_unit_test(logbook_without_storage_stores_nothing),
        cmocka_unit_test(logbook_one_record_is_enough),
        cmocka_unit_test(logbook_reader_is_pushed_on_by_overwriting),
        cmocka_unit_test(logbook_seek_stays_inside),
        cmocka_unit_test(logbook_status_counts_unread),
        cmocka_unit_test(logbook_checksum_is_ones_complement),
        cmocka_unit_test(logbook_seal_finds_damage),
        cmocka_unit_test(logbook_fetch_by_number),
        cmocka_unit_test(logbook_fetch_goes_on_behind_damage),
        cmocka_unit_test(logbook_fetch_refuses_bad_buffers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
