/* fuzz_decoder.c - hostile payloads to the decoder of requests (protobuf-c, arena.c)
 *
 * An input is one payload. It is decoded twice, from the arena as the supervisor does it and from
 * the heap, where the sanitizer sees the end of each piece of memory. What must hold whatever comes:
 * no memory error; both agree, unless the arena is used up; what was decoded, encoded and decoded
 * again, is the same (a command's digest rests on that). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "frame.h"
#include "ground.h"
#include "supervisor.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An enumeration's value of 5 bytes may have to be written in 10. */
#define ENCODED_MOST (2u * FRAME_PAYLOAD)

static void fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

/* The request encoded, in its own piece of memory; *bytes: how much. */
static uint8_t *encode(const Xm__Request *request, size_t *bytes)
{
    uint8_t *to;

    *bytes = xm__request__get_packed_size(request);
    if (*bytes > ENCODED_MOST) {
        fail("it has grown");
    }
    to = malloc(*bytes);
    if (xm__request__pack(request, to) != *bytes) {
        fail("its size was told wrong");
    }
    return to;
}

static bool has_field_0(const ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->n_unknown_fields; i++) {
        if (message->unknown_fields[i].tag == 0) {
            return true;
        }
    }
    return false;
}

/* protobuf-c takes a field of number 0, which is none, as an unknown one when its tag is written
 * longer than it need be; encoded, it is not taken any more. Nobody decodes what the board encodes
 * of a request: only its check sum is kept. */
static bool may_be_refused(const Xm__Request *request)
{
    return has_field_0(&request->base) ||
           (request->op_case != XM__REQUEST__OP__NOT_SET && has_field_0(&request->ping->base));
}

static void check_again(const uint8_t *encoded, size_t bytes, bool may_be_refused)
{
    Xm__Request *request = xm__request__unpack(&ground_heap, bytes, encoded);
    uint8_t *again;
    size_t bytes_again;

    if (request == NULL) {
        if (!may_be_refused) {
            fail("its own encoding is not understood");
        }
        return;
    }
    again = encode(request, &bytes_again);
    if (bytes_again != bytes || memcmp(again, encoded, bytes) != 0) {
        fail("encoded again it is another");
    }
    free(again);
    xm__request__free_unpacked(request, &ground_heap);
}

/* Entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *payload, *of_arena, *of_heap;
    Xm__Request *in_arena, *in_heap;
    size_t arena_bytes, heap_bytes;

    if (size > FRAME_PAYLOAD) {
        return 0;
    }
    payload = malloc(size); /* of exactly that size: a byte read behind it is an error */
    if (size != 0) {
        memcpy(payload, data, size);
    }
    arena_reset();
    in_arena = xm__request__unpack(arena_allocator(), size, payload);
    in_heap = xm__request__unpack(&ground_heap, size, payload);
    free(payload); /* nothing of it may be needed any more */
    if (in_arena == NULL) {
        if (in_heap != NULL && !arena_exhausted()) {
            fail("decoded from the heap alone");
        }
    } else if (in_heap == NULL) {
        fail("decoded from the arena alone");
    } else {
        of_arena = encode(in_arena, &arena_bytes);
        of_heap = encode(in_heap, &heap_bytes);
        if (arena_bytes != heap_bytes || memcmp(of_arena, of_heap, heap_bytes) != 0) {
            fail("decoded differently from the arena");
        }
        check_again(of_heap, heap_bytes, may_be_refused(in_heap));
        free(of_arena);
        free(of_heap);
    }
    if (in_heap != NULL) {
        xm__request__free_unpacked(in_heap, &ground_heap);
    }
    return 0;
}
