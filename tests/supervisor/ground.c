/* ground.c - the other end of the fake link (see ground.h) */
#include "ground.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake_kernel.h"
#include "frame.h"

struct ground_session ground_session;
struct message ground_heard[GROUND_MESSAGES];
unsigned ground_count;
static uint32_t looked_at; /* bytes of fake.sent */

static void *heap_take(void *data, size_t size)
{
    (void)data;
    return malloc(size);
}

static void heap_give(void *data, void *at)
{
    (void)data;
    free(at);
}

ProtobufCAllocator ground_heap = { heap_take, heap_give, NULL };

/* Forgets all messages; also to be called when the fake kernel starts anew. */
void ground_forget(void)
{
    for (unsigned i = 0; i < ground_count; i++) {
        struct message *m = &ground_heard[i];

        xm__reply__free_unpacked(m->reply, &ground_heap);
        xm__chunk__free_unpacked(m->chunk, &ground_heap);
        xm__event__free_unpacked(m->event, &ground_heap);
        xm__beacon__free_unpacked(m->beacon, &ground_heap);
    }
    memset(ground_heard, 0, sizeof(ground_heard));
    ground_count = 0;
    looked_at = fake.sent_count = 0;
}

/* Before a test: a board that starts, of which nothing was heard. */
int ground_fresh(void **state)
{
    (void)state;
    fake_init(NULL);
    ground_forget();
    return 0;
}

/* After a test. */
int ground_clean(void **state)
{
    (void)state;
    ground_forget();
    return 0;
}

/* Sends a frame with a right CRC and any header; the payload may be longer than the board takes. */
void ground_send_frame(uint8_t version, uint8_t type, uint8_t key_id, const uint8_t *payload,
                       uint32_t length)
{
    uint8_t plain[2048] = { version, type, 0, key_id };
    uint8_t wire[2100] = { 0 };
    uint32_t count = FRAME_HEADER_BYTES + length;

    assert(count + 32 <= sizeof(plain));
    bytes_put_be16(plain + 12, (uint16_t)length);
    if (length != 0) {
        memcpy(plain + FRAME_HEADER_BYTES, payload, length);
    }
    if (key_id != 0) {
        memset(plain + count, 0x55, MAC_BYTES);
        count += MAC_BYTES;
    }
    bytes_put_be32(plain + count, frame_crc32c(plain, count));
    count = 1 + frame_cobs_encode(wire + 1, plain, count + FRAME_CRC_BYTES);
    wire[count++] = 0;
    fake_type(wire, count);
}

/* ---- sessions -------------------------------------------------------------------------------- */

/* From now on under that key, with no session yet; NULL: under none. */
void ground_use_key(uint8_t key_id, const uint8_t *bytes)
{
    memset(&ground_session, 0, sizeof(ground_session));
    if (bytes != NULL) {
        ground_session.key_id = key_id;
        mac_key_init(&ground_session.master, bytes);
        mac_derive_key(&ground_session.master, "xm1 hello ground", NULL, 0,
                       &ground_session.hello_ground);
        mac_derive_key(&ground_session.master, "xm1 hello board", NULL, 0,
                       &ground_session.hello_board);
    }
}

/* Writes a command's frame as it goes over the line; returns its bytes. `key` NULL: no code. */
uint32_t ground_make_frame(uint8_t *wire, uint32_t session, uint32_t counter,
                           const struct mac_key *key, const uint8_t *payload, uint32_t length)
{
    uint8_t plain[2048];
    struct frame frame = { .type = FRAME_COMMAND,
                           .key_id = key == NULL ? 0 : ground_session.key_id,
                           .session = session,
                           .counter = counter,
                           .payload = payload,
                           .length = length };
    uint32_t count;

    assert(FRAME_BYTES(length) <= sizeof(plain));
    wire[0] = 0;
    count = 1 + frame_cobs_encode(wire + 1, plain, frame_build(plain, &frame, key));
    wire[count++] = 0;
    return count;
}

/* Writes the frame of a Hello under the key in use; returns its bytes. */
uint32_t ground_make_hello(uint8_t *wire, uint32_t request_id, uint64_t nonce)
{
    Xm__Request request = XM__REQUEST__INIT;
    Xm__Hello hello = XM__HELLO__INIT;
    uint8_t payload[64];

    request.id = request_id;
    request.op_case = XM__REQUEST__OP_HELLO;
    request.hello = &hello;
    hello.nonce_ground = nonce;
    return ground_make_frame(wire, 0, 12345, &ground_session.hello_ground, payload,
                             (uint32_t)xm__request__pack(&request, payload));
}

/* Takes the session that the HelloAck heard last offers; false: none was heard, or it does not
 * follow from this nonce. */
bool ground_take_session(uint32_t request_id, uint64_t nonce)
{
    struct ground_session *s = &ground_session;
    const struct message *answer = NULL;
    uint8_t fields[20], derived[MAC_KEY_BYTES];
    uint32_t id;

    for (unsigned i = 0; i < ground_count; i++) {
        const struct message *m = &ground_heard[i];

        if (m->reply != NULL && m->reply->id == request_id &&
            m->reply->result_case == XM__REPLY__RESULT_HELLO_ACK) {
            answer = m;
        }
    }
    if (answer == NULL) {
        return false;
    }
    bytes_put_be64(fields, nonce);
    bytes_put_be64(fields + 8, answer->reply->hello_ack->nonce_board);
    bytes_put_be32(fields + 16, answer->reply->boot_id);
    mac_derive(&s->master, "xm1 session", fields, sizeof(fields), derived);
    id = bytes_be32(derived) == 0 ? 1 : bytes_be32(derived);
    if (id != answer->session) {
        return false;
    }
    s->id = id;
    s->counter = 0;
    mac_derive_key(&s->master, "xm1 to board", fields, sizeof(fields), &s->to_board);
    mac_derive_key(&s->master, "xm1 to ground", fields, sizeof(fields), &s->to_ground);
    return true;
}

/* Opens a session over a line that loses nothing. */
bool ground_open_session(uint32_t request_id, uint64_t nonce)
{
    uint8_t wire[128];

    fake_type(wire, ground_make_hello(wire, request_id, nonce));
    fake_slot();
    ground_listen();
    return ground_take_session(request_id, nonce);
}

/* Sends bytes as the payload of a command, in the session if there is a key. */
void ground_send_payload(const uint8_t *payload, uint32_t length)
{
    uint8_t wire[2100];

    if (ground_session.key_id == 0) {
        ground_send_frame(FRAME_MAGIC_VERSION, FRAME_COMMAND, 0, payload, length);
        return;
    }
    fake_type(wire, ground_make_frame(wire, ground_session.id, ++ground_session.counter,
                                      &ground_session.to_board, payload, length));
}

/* Sends a request. */
void ground_send(const Xm__Request *request)
{
    uint8_t payload[512];

    assert(xm__request__get_packed_size(request) <= sizeof(payload));
    ground_send_payload(payload, (uint32_t)xm__request__pack(request, payload));
}

static void unpack(struct message *m, const uint8_t *payload, uint32_t length)
{
    switch (m->type) {
    case FRAME_REPLY:
        m->reply = xm__reply__unpack(&ground_heap, length, payload);
        assert(m->reply != NULL);
        break;
    case FRAME_BULK:
        m->chunk = xm__chunk__unpack(&ground_heap, length, payload);
        assert(m->chunk != NULL);
        break;
    case FRAME_EVENT:
        m->event = xm__event__unpack(&ground_heap, length, payload);
        assert(m->event != NULL);
        break;
    case FRAME_BEACON:
        m->beacon = xm__beacon__unpack(&ground_heap, length, payload);
        assert(m->beacon != NULL);
        break;
    default:
        assert(m->type <= FRAME_BEACON); /* and not a command */
        abort();
    }
}

/* Key of the code of a frame heard; NULL: it is none of ours. A frame of an earlier session is let
 * through unchecked: its key is gone. */
static const struct mac_key *key_heard(const uint8_t *plain)
{
    if (plain[1] == FRAME_REPLY && bytes_be32(plain + 8) == 0) {
        return &ground_session.hello_board;
    }
    return bytes_be32(plain + 4) == ground_session.id ? &ground_session.to_ground : NULL;
}

/* One run between zeros: it must be a good frame, for the board sends nothing else. */
static void take_frame(const uint8_t *coded, uint32_t count)
{
    static uint8_t run[FRAME_COBS_BYTES(FRAME_BYTES(FRAME_PAYLOAD))];
    struct message *m = &ground_heard[ground_count++];
    uint32_t bytes, length, mac_bytes;

    assert(count <= sizeof(run));
    memcpy(run, coded, count);
    bytes = frame_cobs_decode(run, count);
    assert(ground_count <= GROUND_MESSAGES);
    assert(bytes != FRAME_NOT_COBS && bytes >= FRAME_HEADER_BYTES + FRAME_CRC_BYTES);
    length = bytes_be16(run + 12);
    mac_bytes = ground_session.key_id == 0 ? 0 : MAC_BYTES;
    assert(bytes == FRAME_HEADER_BYTES + length + mac_bytes + FRAME_CRC_BYTES &&
           length <= FRAME_TX_PAYLOAD);
    assert(frame_crc32c(run, bytes - 4) == bytes_be32(run + bytes - 4));
    assert(run[0] == FRAME_MAGIC_VERSION && run[2] == 0 && run[3] == ground_session.key_id);
    if (ground_session.key_id != 0 && key_heard(run) != NULL) {
        assert(mac_check(key_heard(run), run, FRAME_HEADER_BYTES + length,
                         run + FRAME_HEADER_BYTES + length));
    }
    m->type = run[1];
    m->session = bytes_be32(run + 4);
    m->counter = bytes_be32(run + 8);
    m->payload_bytes = length;
    unpack(m, run + FRAME_HEADER_BYTES, length);
}

/* Decodes what has left the board since the last call. */
void ground_listen(void)
{
    uint32_t begin = looked_at;

    for (uint32_t at = looked_at; at < fake.sent_count; at++) {
        if (fake.sent[at] == 0) {
            if (at > begin) {
                take_frame(fake.sent + begin, at - begin);
            }
            begin = at + 1;
            looked_at = begin;
        }
    }
}

/* Messages of one type heard so far. */
unsigned ground_count_type(uint8_t type)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ground_count; i++) {
        count += ground_heard[i].type == type;
    }
    return count;
}

/* The reply of that number (from 0) to a request, NULL: not heard. */
const Xm__Reply *ground_reply(uint32_t id, unsigned number)
{
    for (unsigned i = 0; i < ground_count; i++) {
        if (ground_heard[i].reply != NULL && ground_heard[i].reply->id == id && number-- == 0) {
            return ground_heard[i].reply;
        }
    }
    return NULL;
}

/* The last reply to a request, NULL: none. */
const Xm__Reply *ground_last_reply(uint32_t id)
{
    const Xm__Reply *last = NULL;

    for (unsigned i = 0; i < ground_count; i++) {
        if (ground_heard[i].reply != NULL && ground_heard[i].reply->id == id) {
            last = ground_heard[i].reply;
        }
    }
    return last;
}

/* Sends a request, lets one slot pass and gives the last reply to it, NULL: none. */
const Xm__Reply *ground_ask(const Xm__Request *request)
{
    ground_send(request);
    fake_slot();
    ground_listen();
    return ground_last_reply(request->id);
}
