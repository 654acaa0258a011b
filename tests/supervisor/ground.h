/* ground.h - the other end of the fake link: requests in, messages out
 *
 * Frames are made and checked with the supervisor's own frame.c; that this code agrees with an
 * independent one is what test_wire.py shows. */
#ifndef TEST_GROUND_H
#define TEST_GROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "mac.h"
#include "supervisor.pb-c.h"

#define GROUND_MESSAGES 4096

/* One frame from the board, in the order in which it left. */
struct message {
    uint8_t type;
    uint32_t session;
    uint32_t counter;
    uint32_t payload_bytes;
    Xm__Reply *reply; /* one of these */
    Xm__Chunk *chunk;
    Xm__Event *event;
    Xm__Beacon *beacon;
};

/* The ground's end of the session; key id 0: none, and no authentication. */
struct ground_session {
    uint8_t key_id;
    struct mac_key master, hello_ground, hello_board;
    uint32_t id; /* 0: none is open */
    struct mac_key to_board, to_ground;
    uint32_t counter; /* of the last frame sent */
};

extern ProtobufCAllocator ground_heap; /* malloc and free, which the sanitizer sees */
extern struct ground_session ground_session;
extern struct message ground_heard[GROUND_MESSAGES];
extern unsigned ground_count;

void ground_forget(void);
int ground_fresh(void **state);
int ground_clean(void **state);
void ground_use_key(uint8_t key_id, const uint8_t *bytes);
uint32_t ground_make_frame(uint8_t *wire, uint32_t session, uint32_t counter,
                           const struct mac_key *key, const uint8_t *payload, uint32_t length);
uint32_t ground_make_hello(uint8_t *wire, uint32_t request_id, uint64_t nonce);
bool ground_take_session(uint32_t request_id, uint64_t nonce);
bool ground_open_session(uint32_t request_id, uint64_t nonce);
void ground_send_frame(uint8_t version, uint8_t type, uint8_t key_id, const uint8_t *payload,
                       uint32_t length);
void ground_send_payload(const uint8_t *payload, uint32_t length);
void ground_send(const Xm__Request *request);
void ground_listen(void);
unsigned ground_count_type(uint8_t type);
const Xm__Reply *ground_reply(uint32_t id, unsigned number);
const Xm__Reply *ground_last_reply(uint32_t id);
const Xm__Reply *ground_ask(const Xm__Request *request);

#endif
