/* fuzz_loop.c - 200,000 random and mutated frames, the same ones in every run; TAP output
 *
 * Three families: bytes without sense, valid requests with a few bytes changed, and valid frames
 * damaged on the wire. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "frame.h"
#include "requests.h"

#define FRAMES 200000u
#define STEPS 16u /* frames in one life of the board */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t seed = 88172645463325252u;

/* xorshift64 (Marsaglia): the same numbers on every machine. */
static uint32_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

/* A valid request with random values, packed. */
static uint32_t random_request(uint8_t *to)
{
    static const uint32_t values[] = { 0,  1,  2,  3,   4,   5,     6,          7,
                                       15, 63, 64, 100, 255, 65535, 0x7fffffff, 0xffffffff };
#define VALUE values[random_word() % (sizeof(values) / sizeof(values[0]))]
    Xm__Ping ping = XM__PING__INIT;
    Xm__PartitionList list = XM__PARTITION_LIST__INIT;
    Xm__PartitionControl control = XM__PARTITION_CONTROL__INIT;
    Xm__PlanShow show = XM__PLAN_SHOW__INIT;
    Xm__PlanSwitch plan = XM__PLAN_SWITCH__INIT;
    Xm__LogRead read = XM__LOG_READ__INIT;
    Xm__SystemControl system = XM__SYSTEM_CONTROL__INIT;
    Xm__BookList books = XM__BOOK_LIST__INIT;
    Xm__Request request = XM__REQUEST__INIT;

    request.id = VALUE;
    request.deadline_ms = VALUE;
    request.hazard_token = VALUE;
    request.confirmed = random_word() % 4 != 0;
    list.first = show.plan = plan.plan = books.first = VALUE;
    show.first_slot = VALUE;
    control.partition = VALUE % 5;
    control.action = (Xm__PartitionAction)(VALUE % 8);
    control.reset_status = VALUE;
    read.book = (Xm__Book)(VALUE % 5);
    read.source = VALUE;
    read.from_seq = VALUE;
    read.max_items = VALUE;
    system.action = (Xm__SystemAction)(VALUE % 5);
    switch (random_word() % 8) {
    case 0:
        request.op_case = XM__REQUEST__OP_PING;
        request.ping = &ping;
        break;
    case 1:
        request.op_case = XM__REQUEST__OP_PARTITION_LIST;
        request.partition_list = &list;
        break;
    case 2:
        request.op_case = XM__REQUEST__OP_PARTITION_CONTROL;
        request.partition_control = &control;
        break;
    case 3:
        request.op_case = XM__REQUEST__OP_PLAN_SHOW;
        request.plan_show = &show;
        break;
    case 4:
        request.op_case = XM__REQUEST__OP_PLAN_SWITCH;
        request.plan_switch = &plan;
        break;
    case 5:
        request.op_case = XM__REQUEST__OP_LOG_READ;
        request.log_read = &read;
        break;
    case 6:
        request.op_case = XM__REQUEST__OP_SYSTEM_CONTROL;
        request.system_control = &system;
        break;
    default:
        request.op_case = XM__REQUEST__OP_BOOK_LIST;
        request.book_list = &books;
        break;
    }
#undef VALUE
    return (uint32_t)xm__request__pack(&request, to);
}

static void damage(uint8_t *bytes, uint32_t count)
{
    for (uint32_t n = 1 + random_word() % 4; n > 0 && count > 0; n--) {
        bytes[random_word() % count] = (uint8_t)(random_word() % 3 == 0 ? 0 : random_word());
    }
}

/* A whole frame around the payload, encoded, with a right CRC. */
static uint32_t wrap(uint8_t *to, const uint8_t *payload, uint32_t length)
{
    uint8_t plain[FRAME_BYTES(FRAME_TX_PAYLOAD)];
    struct frame frame = { .type = FRAME_COMMAND, .payload = payload, .length = length };
    uint32_t count = frame_cobs_encode(to, plain, frame_build(plain, &frame, NULL));

    to[count++] = 0;
    return count;
}

/* One hostile frame as a step of fuzz_dispatcher.c; returns its bytes. */
static uint32_t make_step(uint8_t *step)
{
    uint8_t payload[512];
    uint32_t count, kind = random_word() % 4;

    step[0] = 2;     /* the payload of a good frame */
    if (kind == 0) { /* no sense at all, as a payload or on the line */
        step[0] = (uint8_t)random_word();
        count = random_word() % 256;
        for (uint32_t i = 0; i < count; i++) {
            step[2 + i] = (uint8_t)random_word();
        }
    } else if (kind == 3) { /* a frame damaged on the line */
        step[0] = 0;
        count = wrap(step + 2, payload, random_request(payload));
        damage(step + 2, count);
    } else { /* a request in a good frame, sound or changed */
        count = random_request(step + 2);
        if (kind == 1) {
            damage(step + 2, count);
        }
    }
    step[1] = (uint8_t)count;
    return 2 + count;
}

int main(void)
{
    static uint8_t input[1 + STEPS * 257u];

    for (uint32_t round = 0; round < FRAMES / STEPS; round++) {
        uint32_t count = 1;

        input[0] = round % 2 == 0; /* with and without a key */
        for (uint32_t i = 0; i < STEPS; i++) {
            count += make_step(input + count);
        }
        (void)LLVMFuzzerTestOneInput(input, count);
    }
    puts("ok 1 - two hundred thousand hostile frames");
    return 0;
}
