/* test_frame.c - COBS, CRC-32C and the checks of frame.c, against vectors worked out by hand or
 * published */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "frame.h"

static uint8_t plain[600], coded[610];

static void crc_gives_the_published_check_value(void **state)
{
    (void)state;
    assert_int_equal(frame_crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
    assert_int_equal(frame_crc32c((const uint8_t *)"", 0), 0);
}

/* The examples of RFC 3720, section B.4; the RFC prints the CRC's bytes in the order of the wire,
 * least significant first. */
static void crc_gives_the_examples_of_rfc_3720(void **state)
{
    static const uint8_t read_command[48] = {
        0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,    /* flags, LUN */
        0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, /* task, length, numbers */
        0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0,    /* SCSI: read */
    };

    (void)state;
    memset(plain, 0, 32);
    assert_int_equal(frame_crc32c(plain, 32), 0x8a9136aa);
    memset(plain, 0xff, 32);
    assert_int_equal(frame_crc32c(plain, 32), 0x62a8ab43);
    for (uint32_t i = 0; i < 32; i++) {
        plain[i] = (uint8_t)i;
        plain[32 + i] = (uint8_t)(31 - i);
    }
    assert_int_equal(frame_crc32c(plain, 32), 0x46dd794e);
    assert_int_equal(frame_crc32c(plain + 32, 32), 0x113fdb5c);
    assert_int_equal(frame_crc32c(read_command, 48), 0xd9963a56);
    /* and the same in pieces of every length */
    for (uint32_t cut = 0; cut <= 48; cut++) {
        uint32_t first = frame_crc32c(read_command, cut);

        assert_int_equal(frame_crc32c_more(first, read_command + cut, 48 - cut), 0xd9963a56);
    }
}

static void check_cobs(const uint8_t *bytes, uint32_t count, const uint8_t *expected,
                       uint32_t expected_count)
{
    assert_int_equal(frame_cobs_encode(coded, bytes, count), expected_count);
    assert_memory_equal(coded, expected, expected_count);
    assert_int_equal(frame_cobs_decode(coded, expected_count), count);
    assert_memory_equal(coded, bytes, count);
}

static void cobs_short_vectors(void **state)
{
    (void)state;
    check_cobs((const uint8_t *)"", 0, (const uint8_t *)"\x01", 1);
    check_cobs((const uint8_t *)"\0", 1, (const uint8_t *)"\x01\x01", 2);
    check_cobs((const uint8_t *)"\0\0", 2, (const uint8_t *)"\x01\x01\x01", 3);
    check_cobs((const uint8_t *)"\x11\x22\0\x33", 4, (const uint8_t *)"\x03\x11\x22\x02\x33", 5);
    check_cobs((const uint8_t *)"\x11\0\0\0", 4, (const uint8_t *)"\x02\x11\x01\x01\x01", 5);
}

/* Runs of 253, 254 and 255 bytes without a zero: below, at and above a full group. */
static void cobs_full_groups(void **state)
{
    uint8_t expected[260];

    (void)state;
    for (uint32_t i = 0; i < 255; i++) {
        plain[i] = (uint8_t)(i + 1);
    }
    expected[0] = 254;
    memcpy(expected + 1, plain, 253);
    check_cobs(plain, 253, expected, 254);
    expected[0] = 255;
    memcpy(expected + 1, plain, 254);
    check_cobs(plain, 254, expected, 255);
    expected[255] = 2;
    expected[256] = 255;
    check_cobs(plain, 255, expected, 257);
    /* a zero right behind a full group */
    plain[254] = 0;
    expected[255] = 1;
    expected[256] = 1;
    check_cobs(plain, 255, expected, 257);
}

static void cobs_refuses_what_no_encoder_makes(void **state)
{
    uint8_t beyond_end[] = { 5, 1, 2 };
    uint8_t zero_inside[] = { 3, 1, 0 };
    uint8_t zero_code[] = { 1, 0 };

    (void)state;
    assert_int_equal(frame_cobs_decode(beyond_end, sizeof(beyond_end)), FRAME_NOT_COBS);
    assert_int_equal(frame_cobs_decode(zero_inside, sizeof(zero_inside)), FRAME_NOT_COBS);
    assert_int_equal(frame_cobs_decode(zero_code, sizeof(zero_code)), FRAME_NOT_COBS);
}

static void cobs_goes_there_and_back_for_every_length(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (uint32_t count = 0; count <= 546; count++) {
        for (uint32_t i = 0; i < count; i++) {
            random = random * 1664525u + 1013904223u;
            plain[i] = (uint8_t)(count % 3 == 0 ? random >> 24 : random >> 30);
        }
        uint32_t bytes = frame_cobs_encode(coded, plain, count);

        assert_true(bytes <= FRAME_COBS_BYTES(count));
        assert_null(memchr(coded, 0, bytes));
        assert_int_equal(frame_cobs_decode(coded, bytes), count);
        assert_memory_equal(coded, plain, count);
    }
}

/* Ping with id 1, written out by hand; the CRC is what the test computes, its value is checked by
 * test_wire.py. */
static uint32_t good_frame(uint8_t *to, const char *payload, uint32_t length)
{
    static const uint8_t head[12] = { 0x5a, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 };

    memcpy(to, head, sizeof(head));
    bytes_put_be16(to + 12, (uint16_t)length);
    memcpy(to + 14, payload, length);
    bytes_put_be32(to + 14 + length, frame_crc32c(to, 14 + length));
    return 14 + length + 4;
}

static void seal(uint8_t *frame, uint32_t count)
{
    bytes_put_be32(frame + count - 4, frame_crc32c(frame, count - 4));
}

static void a_good_frame_is_taken_apart(void **state)
{
    struct frame frame;
    uint32_t count = good_frame(plain, "\x08\x01\x52\x00", 4);

    (void)state;
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_GOOD);
    assert_int_equal(frame.type, FRAME_COMMAND);
    assert_int_equal(frame.counter, 7);
    assert_int_equal(frame.session, 0);
    assert_int_equal(frame.length, 4);
    assert_memory_equal(frame.payload, "\x08\x01\x52\x00", 4);
    count = good_frame(plain, "", 0);
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_GOOD);
}

static void each_refusal_is_told_apart(void **state)
{
    struct frame frame;
    uint32_t count = good_frame(plain, "abcd", 4);

    (void)state;
    assert_int_equal(frame_open(plain, 17, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_LENGTH);
    assert_int_equal(frame_open(plain, FRAME_BYTES(FRAME_RX_PAYLOAD) + 1, FRAME_RX_PAYLOAD, &frame),
                     FRAME_BAD_LENGTH);
    plain[15] ^= 1;
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_CRC);
    for (uint32_t at = 0; at < 3; at++) { /* version, type, channel */
        count = good_frame(plain, "abcd", 4);
        plain[at] ^= 1;
        seal(plain, count);
        assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_VERSION);
    }
    count = good_frame(plain, "abcd", 4);
    plain[13] = 3;
    seal(plain, count);
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_LENGTH);
    /* a key id says that the 16 bytes of a code stand behind the payload */
    count = good_frame(plain, "abcdefghijklmnopqrst", 20);
    plain[3] = 1;
    plain[13] = 4;
    seal(plain, count);
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_GOOD);
    assert_ptr_equal(frame.mac, plain + 18);
    plain[13] = 5;
    seal(plain, count);
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_LENGTH);
}

/* A frame that is wrong in several ways is refused for the first: CRC, version, length. */
static void checks_come_in_order(void **state)
{
    struct frame frame;
    uint32_t count = good_frame(plain, "abcd", 4);

    (void)state;
    plain[0] = 0x5b;
    plain[3] = 9;
    plain[13] = 1;
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_CRC);
    seal(plain, count);
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_VERSION);
    plain[0] = 0x5a;
    seal(plain, count);
    assert_int_equal(frame_open(plain, count, FRAME_RX_PAYLOAD, &frame), FRAME_BAD_LENGTH);
}

static void build_writes_the_header_of_the_protocol(void **state)
{
    static const uint8_t expected[] = { 0x5a, 2,    0,    0, 0, 0,   0,   0,  0x01,
                                        0x02, 0x03, 0x04, 0, 3, 'x', 'y', 'z' };
    struct frame frame = {
        .type = FRAME_REPLY, .counter = 0x01020304, .payload = (const uint8_t *)"xyz", .length = 3
    };

    (void)state;
    assert_int_equal(frame_build(plain, &frame, NULL), sizeof(expected) + 4);
    assert_memory_equal(plain, expected, sizeof(expected));
    assert_int_equal(bytes_be32(plain + sizeof(expected)),
                     frame_crc32c(expected, sizeof(expected)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_gives_the_published_check_value),
        cmocka_unit_test(crc_gives_the_examples_of_rfc_3720),
        cmocka_unit_test(cobs_short_vectors),
        cmocka_unit_test(cobs_full_groups),
        cmocka_unit_test(cobs_refuses_what_no_encoder_makes),
        cmocka_unit_test(cobs_goes_there_and_back_for_every_length),
        cmocka_unit_test(a_good_frame_is_taken_apart),
        cmocka_unit_test(each_refusal_is_told_apart),
        cmocka_unit_test(checks_come_in_order),
        cmocka_unit_test(build_writes_the_header_of_the_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
