/* test_session.c - keys, codes and sessions: what is let in under a key, and what is not
 *
 * That both ends agree on the derivations is what test_wire.py shows with Python's hmac; here the
 * ground is played with the supervisor's own mac.c, whose vectors are RFC 4231's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_kernel.h"
#include "frame.h"
#include "ground.h"
#include "keyfile.h"
#include "keys.h"
#include "link.h"
#include "main.h"
#include "requests.h"

#define DIGITS_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define DIGITS_B "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFFf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define KEY_FILE "# two keys\nxm-key 7 " DIGITS_A "\nxm-key 200 " DIGITS_B "\n"

static uint8_t key_a[MAC_KEY_BYTES], key_b[MAC_KEY_BYTES];

static int keyed(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MAC_KEY_BYTES; i++) {
        key_a[i] = (uint8_t)i;
        key_b[i] = (uint8_t)(0xf0 + i % 16);
    }
    fake_init(NULL);
    fake_set_keys(KEY_FILE);
    fake_start_again(false);
    ground_forget();
    ground_use_key(7, key_a);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    ground_forget();
    ground_use_key(0, NULL);
    return 0;
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* Keys shorter than 32 bytes: HMAC fills them with zeros itself. */
static void check_vector(const char *key, uint32_t key_bytes, const char *data, uint32_t count,
                         const uint8_t *expected)
{
    uint8_t padded[MAC_KEY_BYTES] = { 0 }, mac[MAC_BYTES], all[MAC_KEY_BYTES];
    struct mac_key context;

    memcpy(padded, key, key_bytes);
    mac_key_init(&context, padded);
    mac_make(&context, (const uint8_t *)data, count, mac);
    assert_memory_equal(mac, expected, MAC_BYTES);
    assert_true(mac_check(&context, (const uint8_t *)data, count, mac));
    mac_derive(&context, "", (const uint8_t *)data, count, all);
    assert_memory_equal(all, expected, MAC_KEY_BYTES);
}

static void codes_are_those_of_rfc_4231(void **state)
{
    static const uint8_t first[] = { 0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53,
                                     0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b,
                                     0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7,
                                     0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7 };
    static const uint8_t second[] = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                      0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
                                      0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83,
                                      0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43 };
    static const uint8_t third[] = { 0x77, 0x3e, 0xa9, 0x1e, 0x36, 0x80, 0x0e, 0x46,
                                     0x85, 0x4d, 0xb8, 0xeb, 0xd0, 0x91, 0x81, 0xa7,
                                     0x29, 0x59, 0x09, 0x8b, 0x3e, 0xf8, 0xc1, 0x22,
                                     0xd9, 0x63, 0x55, 0x14, 0xce, 0xd5, 0x65, 0xfe };
    static const uint8_t fourth[] = { 0x82, 0x55, 0x8a, 0x38, 0x9a, 0x44, 0x3c, 0x0e,
                                      0xa4, 0xcc, 0x81, 0x98, 0x99, 0xf2, 0x08, 0x3a,
                                      0x85, 0xf0, 0xfa, 0xa3, 0xe5, 0x78, 0xf8, 0x07,
                                      0x7a, 0x2e, 0x3f, 0xf4, 0x67, 0x29, 0x66, 0x5b };
    char key[MAC_KEY_BYTES], data[50];

    (void)state;
    memset(key, 0x0b, 20);
    check_vector(key, 20, "Hi There", 8, first);
    check_vector("Jefe", 4, "what do ya want for nothing?", 28, second);
    memset(key, (char)0xaa, 20);
    memset(data, (char)0xdd, sizeof(data));
    check_vector(key, 20, data, sizeof(data), third);
    for (int i = 0; i < 25; i++) {
        key[i] = (char)(i + 1);
    }
    memset(data, (char)0xcd, sizeof(data));
    check_vector(key, 25, data, sizeof(data), fourth);
}

static void codes_differ_in_any_bit(void **state)
{
    uint8_t a[MAC_BYTES] = { 1, 2, 3 }, b[MAC_BYTES] = { 1, 2, 3 };

    (void)state;
    assert_true(mac_equal(a, b));
    for (uint32_t bit = 0; bit < 8 * MAC_BYTES; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(mac_equal(a, b));
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* ---- key files ------------------------------------------------------------------------------- */

static void a_key_file_is_read(void **state)
{
    static const char text[] =
        "# comment\n\n  \t\nxm-key 7 " DIGITS_A "\r\n \txm-key\t200  " DIGITS_B "  \n# end";
    struct keyfile file;

    (void)state;
    assert_null(keyfile_parse(text, sizeof(text), &file));
    assert_int_equal(file.count, 2);
    assert_int_equal(file.keys[0].id, 7);
    assert_int_equal(file.keys[1].id, 200);
    for (uint32_t i = 0; i < KEYFILE_KEY_BYTES; i++) {
        assert_int_equal(file.keys[0].bytes[i], i);
        assert_int_equal(file.keys[1].bytes[i], 0xf0 + i % 16);
    }
    assert_null(keyfile_parse("xm-key 1 " DIGITS_A, 9 + 64, &file)); /* no end of line */
}

static void assert_refused(const char *text, uint32_t size, uint32_t line, const char *part)
{
    struct keyfile file;
    const char *refusal = keyfile_parse(text, size, &file);

    assert_non_null(refusal);
    assert_non_null(strstr(refusal, part));
    assert_int_equal(file.line, line);
}

#define REFUSED(text, line, part) assert_refused(text, sizeof(text) - 1, line, part)

static void bad_key_files_are_refused(void **state)
{
    static char many[10 * 80], large[KEYFILE_BYTES + 1];
    uint32_t at = 0;

    (void)state;
    REFUSED("", 0, "no key");
    REFUSED("# only this\n", 1, "no key");
    REFUSED("xm-key 1 " DIGITS_A "\nkey 2 " DIGITS_B, 2, "xm-key ID");
    REFUSED("xm-ke", 1, "xm-key ID");
    REFUSED("xm-key", 1, "1 to 255");
    REFUSED("xm-key1 " DIGITS_A, 1, "1 to 255");
    REFUSED("xm-key 0 " DIGITS_A, 1, "1 to 255");
    REFUSED("xm-key 256 " DIGITS_A, 1, "1 to 255");
    REFUSED("xm-key -1 " DIGITS_A, 1, "1 to 255");
    REFUSED("xm-key 1111 " DIGITS_A, 1, "hexadecimal");
    REFUSED("xm-key 1", 1, "hexadecimal");
    REFUSED("xm-key 1 " DIGITS_A "0", 1, "hexadecimal");
    REFUSED("xm-key 1 " DIGITS_A " more", 1, "hexadecimal");
    REFUSED("xm-key 1 0102", 1, "hexadecimal");
    REFUSED("xm-key 1 0g0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 1,
            "hexadecimal");
    REFUSED("xm-key 1 " DIGITS_A "\nxm-key 1 " DIGITS_B, 2, "before");
    REFUSED("xm-key 1 " DIGITS_A "\n\0xm-key 2 " DIGITS_B, 0, "no text");
    for (uint32_t id = 1; id <= 9; id++) {
        memcpy(many + at, "xm-key 1 " DIGITS_A "\n", 9 + 64 + 1);
        many[at + 7] = (char)('0' + id);
        at += 9 + 64 + 1;
    }
    assert_refused(many, at, 9, "8 keys");
    memset(large, '#', sizeof(large));
    assert_refused(large, sizeof(large), 0, "1024");
}

static void a_board_with_a_bad_key_file_takes_nothing_and_says_why(void **state)
{
    PING(request, 1);

    (void)state;
    fake.said[0] = '\0';
    fake_set_keys("xm-key 7 " DIGITS_A "\nxm-key 8 11\n");
    fake_start_again(false);
    assert_non_null(strstr(fake.said, "line 2: a key is 64 hexadecimal digits"));
    assert_false(ground_open_session(2, 1));
    ground_use_key(0, NULL);
    assert_null(ground_ask(&request));
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(link_at(0)->counters.refused[FRAME_BAD_KEY], 2);
}

static void a_board_without_keys_says_so_and_takes_only_key_0(void **state)
{
    PING(request, 1);

    (void)state;
    fake.said[0] = '\0';
    fake_set_keys("");
    fake_start_again(false);
    assert_non_null(strstr(fake.said, "WARNING: this image has no key"));
    assert_false(ground_open_session(2, 1));
    assert_int_equal(link_at(0)->counters.refused[FRAME_BAD_KEY], 1);
    ground_use_key(0, NULL);
    assert_non_null(ground_ask(&request));
}

/* ---- opening a session ----------------------------------------------------------------------- */

static void assert_answered(uint32_t id)
{
    PING(request, id);
    assert_non_null(ground_ask(&request));
}

static void assert_not_answered(uint32_t id)
{
    PING(request, id);
    assert_null(ground_ask(&request));
}

static uint32_t refused(enum frame_verdict verdict)
{
    return link_at(0)->counters.refused[verdict];
}

static void a_session_serves_in_both_directions(void **state)
{
    LINK_STATUS(status, 3);
    const Xm__LinkState *link;

    (void)state;
    assert_true(ground_open_session(1, 0x1122334455667788));
    assert_int_equal(ground_heard[0].counter, 0);
    assert_true(ground_heard[0].reply->hello_ack->authenticated);
    assert_int_equal(ground_count, 1); /* nothing else under that key, and no beacon yet */
    assert_answered(2);
    for (unsigned i = 1; i < ground_count; i++) {
        assert_int_equal(ground_heard[i].session, ground_session.id);
        assert_int_equal(ground_heard[i].counter, i);
    }
    link = ground_ask(&status)->link_state;
    assert_true(link->authenticated);
    assert_int_equal(link->session, ground_session.id);
    assert_int_equal(link->key_id, 7);
    assert_int_equal(link->sessions_opened, 1);
    assert_int_equal(link->hellos, 1);
    assert_int_equal(link->link, XM__LINK_KIND__LINK_UART);
    assert_int_equal(link->credit, FAKE_RING);
    assert_int_equal(link->rx_ring_bytes, FAKE_RING);
    assert_true(link->reply_queue_high_water > 0);
}

static void every_key_of_the_file_opens_a_session(void **state)
{
    (void)state;
    ground_use_key(200, key_b);
    assert_true(ground_open_session(1, 1));
    assert_answered(2);
    assert_int_equal(link_at(0)->sessions.current.key_id, 200);
}

static void nothing_is_said_before_a_session_is_open(void **state)
{
    (void)state;
    fake.partition[3].status.state = XM_STATUS_HALTED;
    assert_true(ground_open_session(1, 1));
    for (int i = 0; i < 300; i++) {
        fake_slot();
    }
    ground_listen();
    assert_int_equal(ground_count, 1);
    assert_answered(2);
    fake_slot();
    ground_listen();
    assert_int_equal(ground_count_type(FRAME_EVENT), 1);
}

static void a_repeated_hello_is_offered_the_same_session(void **state)
{
    uint32_t id;

    (void)state;
    assert_true(ground_open_session(1, 99));
    id = ground_session.id;
    fake_tick(500000);
    assert_true(ground_open_session(1, 99));
    assert_int_equal(ground_session.id, id);
    assert_answered(2);
    /* once proven it is never offered again: its counters would begin anew */
    assert_true(ground_open_session(1, 99));
    assert_true(ground_session.id != id);
}

static void nonces_never_repeat(void **state)
{
    uint64_t seen[64];
    unsigned count = 0;

    (void)state;
    for (uint32_t round = 0; round < 32; round++) {
        ground_forget();
        /* the clock stands still, the ground's nonce is the same; only the number of the Hello
         * differs */
        fake.info.now_us = 1000000;
        assert_true(ground_open_session(round + 1, 5));
        seen[count++] = ground_heard[0].reply->hello_ack->nonce_board;
        if (round % 8 == 7) {
            fake_start_again(true);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < i; k++) {
            assert_true(seen[i] != seen[k]);
        }
    }
}

static void hellos_in_one_slot_are_limited(void **state)
{
    uint8_t wire[128];

    (void)state;
    for (uint32_t i = 1; i <= 6; i++) {
        fake_type(wire, ground_make_hello(wire, i, i));
    }
    fake_slot();
    assert_int_equal(link_at(0)->sessions.hellos, SESSION_HELLOS_PER_SLOT);
    ground_listen();
    assert_int_equal(ground_count, 1); /* the last one: an answer not yet sent gives way */
    assert_true(ground_open_session(9, 9));
    assert_answered(10);
}

static void other_requests_in_session_0_are_not_answered(void **state)
{
    uint8_t wire[128], payload[64];
    PING(ping, 5);
    uint32_t length = (uint32_t)xm__request__pack(&ping, payload);

    (void)state;
    fake_type(wire, ground_make_frame(wire, 0, 1, &ground_session.hello_ground, payload, length));
    fake_slot();
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(refused(FRAME_BAD_SESSION), 1);
    fake_type(wire, ground_make_frame(wire, 0, 1, &ground_session.hello_ground,
                                      (const uint8_t *)"\xff", 1));
    fake_slot();
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(link_at(0)->counters.decode_errors, 1);
}

static void hello_within_a_session_is_refused(void **state)
{
    REQUEST(request, 3, HELLO, hello, Xm__Hello, XM__HELLO__INIT);

    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_int_equal(ground_ask(&request)->status->code, XM__STATUS_CODE__STATUS_INVALID);
}

/* ---- what is not let in ---------------------------------------------------------------------- */

static void replayed_hellos_displace_nobody(void **state)
{
    uint8_t recorded[128];
    uint32_t bytes = ground_make_hello(recorded, 1, 77);

    (void)state;
    assert_true(ground_open_session(1, 77));
    assert_answered(2);
    uint32_t id = ground_session.id;
    for (int i = 0; i < 50; i++) {
        fake_type(recorded, bytes);
        fake_slot();
    }
    ground_listen();
    assert_answered(3);
    assert_int_equal(link_at(0)->sessions.current.id, id);
    assert_int_equal(link_at(0)->sessions.opened, 1);
}

static void an_offer_survives_others_of_its_time(void **state)
{
    uint8_t wire[128];

    (void)state;
    assert_true(ground_open_session(1, 77));
    for (uint32_t i = 0; i + 1 < SESSION_UNPROVEN; i++) {
        fake_type(wire, ground_make_hello(wire, 100 + i, 1000 + i));
        fake_slot();
    }
    ground_listen();
    assert_answered(2);
}

static void frames_without_a_key_are_refused(void **state)
{
    PING(request, 5);
    uint8_t payload[64];
    uint32_t length = (uint32_t)xm__request__pack(&request, payload);

    (void)state;
    ground_send_frame(FRAME_MAGIC_VERSION, FRAME_COMMAND, 0, payload, length);
    ground_send_frame(FRAME_MAGIC_VERSION, FRAME_COMMAND, 9, payload, length); /* unknown */
    ground_send_frame(FRAME_MAGIC_VERSION, FRAME_COMMAND, 7, payload, length); /* no right code */
    fake_slot();
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(refused(FRAME_BAD_KEY), 2);
    assert_int_equal(refused(FRAME_BAD_MAC), 1);
}

/* A frame of the session, as it would go out next; the counter is used up. */
static uint32_t next_frame(uint8_t *wire, uint32_t id)
{
    PING(request, id);
    uint8_t payload[64];
    uint32_t length = (uint32_t)xm__request__pack(&request, payload);

    return ground_make_frame(wire, ground_session.id, ++ground_session.counter,
                             &ground_session.to_board, payload, length);
}

static void a_frame_changed_in_any_bit_is_refused(void **state)
{
    uint8_t wire[128], plain[128], changed[128];
    uint32_t count, checked = 0;

    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_answered(2);
    count = next_frame(wire, 3);
    memcpy(plain, wire + 1, count - 2);
    count = frame_cobs_decode(plain, count - 2);
    for (uint32_t bit = 0; bit < 8 * (count - FRAME_CRC_BYTES); bit++) {
        uint32_t good = refused(FRAME_GOOD), bytes;

        memcpy(changed, plain, count);
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        /* with a right check sum, as a forger would */
        bytes_put_be32(changed + count - 4, frame_crc32c(changed, count - 4));
        wire[0] = 0;
        bytes = 1 + frame_cobs_encode(wire + 1, changed, count);
        wire[bytes++] = 0;
        fake_type(wire, bytes);
        fake_slot();
        assert_int_equal(refused(FRAME_GOOD), good);
        checked++;
    }
    assert_int_equal(refused(FRAME_BAD_VERSION) + refused(FRAME_BAD_LENGTH) +
                         refused(FRAME_BAD_KEY) + refused(FRAME_BAD_MAC) +
                         refused(FRAME_BAD_SESSION),
                     checked);
    /* counter, payload (4 bytes) and code itself */
    assert_int_equal(refused(FRAME_BAD_MAC), 8 * (4 + 4 + MAC_BYTES));
    ground_listen();
    assert_answered(4);
}

static void a_truncated_code_is_no_code(void **state)
{
    uint8_t wire[128], plain[128];
    uint32_t count;

    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_answered(2);
    for (uint32_t less = 1; less <= MAC_BYTES; less++) {
        count = next_frame(wire, 3);
        memcpy(plain, wire + 1, count - 2);
        count = frame_cobs_decode(plain, count - 2) - less;
        bytes_put_be32(plain + count - 4, frame_crc32c(plain, count - 4));
        count = frame_cobs_encode(wire + 1, plain, count);
        wire[1 + count] = 0;
        fake_type(wire, count + 2);
        fake_slot();
    }
    assert_int_equal(refused(FRAME_BAD_LENGTH), MAC_BYTES);
    assert_int_equal(refused(FRAME_GOOD), 2);
}

static void type_as_counter(uint32_t counter, uint32_t id)
{
    uint8_t wire[128];

    ground_session.counter = counter - 1;
    fake_type(wire, next_frame(wire, id));
    fake_slot();
    ground_listen();
}

static void counters_are_good_once_within_the_window(void **state)
{
    static const struct {
        uint32_t counter;
        bool good;
    } steps[] = { { 100, true }, { 100, false }, { 99, true },   { 99, false }, { 37, true },
                  { 37, false }, { 36, false },  { 1, false },   { 0, false },  { 101, true },
                  { 38, true },  { 37, false },  { 163, true },  { 102, true }, { 100, false },
                  { 99, false }, { 227, true },  { 163, false }, { 164, true }, { 1000, true },
                  { 937, true }, { 936, false }, { 999, true },  { 999, false } };

    (void)state;
    assert_true(ground_open_session(1, 1));
    for (uint32_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        type_as_counter(steps[i].counter, 1000 + i);
        assert_int_equal(ground_last_reply(1000 + i) != NULL, steps[i].good);
    }
}

static void counters_end_at_2_to_the_31st(void **state)
{
    (void)state;
    assert_true(ground_open_session(1, 1));
    type_as_counter(0x7fffffff, 10);
    assert_non_null(ground_last_reply(10));
    type_as_counter(0x80000000, 11);
    type_as_counter(0xffffffff, 12);
    type_as_counter(1, 13);
    type_as_counter(0x7fffffff, 14);
    for (uint32_t id = 11; id <= 14; id++) {
        assert_null(ground_last_reply(id));
    }
    type_as_counter(0x7ffffffe, 15);
    assert_non_null(ground_last_reply(15));
    assert_int_equal(refused(FRAME_REPLAYED), 4);
    /* a new session, as the ground has to open, begins again */
    assert_true(ground_open_session(16, 2));
    assert_answered(17);
}

static void a_session_that_has_sent_its_last_number_is_closed(void **state)
{
    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_answered(2);
    ground_forget();
    link_at(0)->sessions.current.sent = SESSION_LAST_COUNTER - 1;
    assert_answered(3);
    assert_int_equal(ground_count, 1); /* the pong; the beacon behind it waits */
    assert_int_equal(ground_heard[0].counter, 0x7fffffff);
    assert_not_answered(4);
    assert_int_equal(refused(FRAME_BAD_SESSION), 1);
    assert_true(ground_open_session(5, 5));
    assert_answered(6);
    assert_int_equal(ground_heard[ground_count - 1].session, ground_session.id);
}

static void frames_of_another_session_are_refused(void **state)
{
    uint8_t old_frame[128], wire[128];
    uint32_t old_bytes, good;

    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_answered(2);
    old_bytes = next_frame(old_frame, 3);
    struct ground_session old = ground_session;

    assert_true(ground_open_session(4, 4));
    /* until the new one is proven, the old one serves */
    fake_type(old_frame, old_bytes);
    fake_slot();
    good = refused(FRAME_GOOD);
    assert_answered(5);
    fake_type(old_frame, old_bytes);
    fake_slot();
    assert_int_equal(refused(FRAME_BAD_SESSION), 1);
    /* the number of the new session over the old one's key, and the other way round */
    PING(ping, 6);
    uint8_t payload[64];
    uint32_t length = (uint32_t)xm__request__pack(&ping, payload);

    fake_type(wire, ground_make_frame(wire, ground_session.id, 50, &old.to_board, payload, length));
    fake_type(wire, ground_make_frame(wire, old.id, 50, &ground_session.to_board, payload, length));
    fake_slot();
    assert_int_equal(refused(FRAME_BAD_MAC), 1);
    assert_int_equal(refused(FRAME_BAD_SESSION), 2);
    assert_int_equal(refused(FRAME_GOOD), good + 1);
}

/* What goes to the ground is never good for the board: another type, and another key. */
static void frames_of_the_other_direction_are_refused(void **state)
{
    uint8_t wire[128];
    PING(ping, 6);
    uint8_t payload[64];
    uint32_t length = (uint32_t)xm__request__pack(&ping, payload), count;

    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_answered(2);
    count = ground_count;
    fake_type(wire, ground_make_frame(wire, ground_session.id, 50, &ground_session.to_ground,
                                      payload, length));
    fake_type(wire, ground_make_frame(wire, 0, 50, &ground_session.hello_board, payload, length));
    fake_type(wire, ground_make_frame(wire, ground_session.id, 51, &ground_session.hello_ground,
                                      payload, length));
    fake_slot();
    assert_int_equal(refused(FRAME_BAD_MAC), 3);
    fake_type(fake.sent, fake.sent_count); /* everything that the board sent, back to it */
    fake_slot();
    assert_int_equal(refused(FRAME_BAD_VERSION) + refused(FRAME_BAD_LENGTH), count);
    assert_int_equal(refused(FRAME_GOOD), 2);
}

static void recordings_are_worthless_after_a_reset(void **state)
{
    uint8_t recorded[FAKE_RING];
    uint32_t bytes = 0;

    (void)state;
    bytes += ground_make_hello(recorded, 1, 1);
    assert_true(ground_open_session(1, 1));
    for (uint32_t id = 2; id < 10; id++) {
        uint32_t length = next_frame(recorded + bytes, id);

        fake_type(recorded + bytes, length);
        bytes += length;
        fake_slot();
    }
    ground_forget();
    fake_start_again(true);
    fake_type(recorded, bytes);
    fake_slot();
    assert_int_equal(refused(FRAME_GOOD), 1); /* the Hello, to which the answer is a new session */
    assert_int_equal(refused(FRAME_BAD_SESSION), 8);
}

static void a_command_of_an_earlier_session_is_not_executed_again(void **state)
{
    CONTROL(request, 60, 2, RESET_WARM);

    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_int_equal(ground_ask(&request)->stage, XM__STAGE__STAGE_STARTED);
    assert_true(ground_open_session(2, 2));
    fake_slot();
    assert_int_equal(ground_ask(&request)->stage, XM__STAGE__STAGE_COMPLETED);
    assert_int_equal(fake.reset_calls, 1);
}

/* A repetition held back until the journal has forgotten its command. */
static void commands_must_come_in_order(void **state)
{
    CONTROL(command, 60, 2, RESET_WARM);
    REQUEST(status, 90, COMMAND_STATUS, command_status, Xm__CommandStatus,
            XM__COMMAND_STATUS__INIT);
    uint8_t payload[64], held[2][128];
    uint32_t length = (uint32_t)xm__request__pack(&command, payload), bytes[2];

    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_int_equal(ground_ask(&command)->stage, XM__STAGE__STAGE_STARTED);
    bytes[0] = ground_make_frame(held[0], ground_session.id, ++ground_session.counter,
                                 &ground_session.to_board, payload, length);
    for (uint32_t i = 0; i < 20; i++) {
        CONTROL(other, 61 + i, 1, RESUME);
        assert_non_null(ground_ask(&other));
    }
    fake_type(held[0], bytes[0]);
    fake_slot();
    assert_int_equal(fake.reset_calls, 1);
    assert_int_equal(refused(FRAME_REPLAYED), 1);
    /* and one that has not arrived when the ground asks, never does */
    command.id = 200;
    length = (uint32_t)xm__request__pack(&command, payload);
    bytes[1] = ground_make_frame(held[1], ground_session.id, ++ground_session.counter,
                                 &ground_session.to_board, payload, length);
    status_op.id = 200;
    assert_int_equal(ground_ask(&status)->command_state->knowledge, XM__KNOWLEDGE__NEVER_RECEIVED);
    fake_type(held[1], bytes[1]);
    fake_slot();
    assert_int_equal(fake.reset_calls, 1);
    assert_answered(300); /* questions need no order */
    assert_int_equal(ground_ask(&command)->stage, XM__STAGE__STAGE_STARTED);
    assert_int_equal(fake.reset_calls, 2);
}

static void resyncs_are_counted(void **state)
{
    (void)state;
    assert_true(ground_open_session(1, 1));
    assert_answered(2);
    assert_int_equal(link_at(0)->counters.resyncs, 0);
    fake_type((const uint8_t *)"console text\r\n", 15);
    fake_type((const uint8_t *)"and more\r\n", 11);
    assert_answered(3);
    assert_answered(4);
    assert_int_equal(link_at(0)->counters.resyncs, 1);
}

static void a_beacon_tells_the_health_of_its_link_every_tenth_second(void **state)
{
    unsigned healthy = 0, beacons = 0;

    (void)state;
    assert_true(ground_open_session(1, 1));
    for (uint32_t second = 0; second < 25; second++) {
        assert_answered(10 + second);
        for (int i = 0; i < 99; i++) {
            fake_slot();
        }
    }
    ground_listen();
    for (unsigned i = 0; i < ground_count; i++) {
        const Xm__Beacon *beacon = ground_heard[i].beacon;

        beacons += beacon != NULL;
        healthy += beacon != NULL && beacon->link != NULL;
        assert_true(beacon == NULL || beacon->link == NULL ||
                    beacon->link->session == ground_session.id);
    }
    assert_int_equal(healthy, 3);
    assert_true(beacons >= 25);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, keyed, clean)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(codes_are_those_of_rfc_4231),
        TEST(codes_differ_in_any_bit),
        TEST(a_key_file_is_read),
        TEST(bad_key_files_are_refused),
        TEST(a_board_with_a_bad_key_file_takes_nothing_and_says_why),
        TEST(a_board_without_keys_says_so_and_takes_only_key_0),
        TEST(a_session_serves_in_both_directions),
        TEST(every_key_of_the_file_opens_a_session),
        TEST(nothing_is_said_before_a_session_is_open),
        TEST(a_repeated_hello_is_offered_the_same_session),
        TEST(nonces_never_repeat),
        TEST(hellos_in_one_slot_are_limited),
        TEST(other_requests_in_session_0_are_not_answered),
        TEST(hello_within_a_session_is_refused),
        TEST(replayed_hellos_displace_nobody),
        TEST(an_offer_survives_others_of_its_time),
        TEST(frames_without_a_key_are_refused),
        TEST(a_frame_changed_in_any_bit_is_refused),
        TEST(a_truncated_code_is_no_code),
        TEST(counters_are_good_once_within_the_window),
        TEST(counters_end_at_2_to_the_31st),
        TEST(a_session_that_has_sent_its_last_number_is_closed),
        TEST(frames_of_another_session_are_refused),
        TEST(frames_of_the_other_direction_are_refused),
        TEST(recordings_are_worthless_after_a_reset),
        TEST(a_command_of_an_earlier_session_is_not_executed_again),
        TEST(commands_must_come_in_order),
        TEST(resyncs_are_counted),
        TEST(a_beacon_tells_the_health_of_its_link_every_tenth_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
