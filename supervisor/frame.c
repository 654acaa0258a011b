/* frame.c - frames of the ground link as bytes: COBS, header, CRC-32C (see frame.h) */
#include "frame.h"

#include <string.h>

#include "bytes.h"

/* Places in the header. */
enum {
    AT_VERSION = 0,
    AT_TYPE = 1,
    AT_CHANNEL = 2,
    AT_KEY = 3,
    AT_SESSION = 4,
    AT_COUNTER = 8,
    AT_LENGTH = 12
};

#define COBS_FULL 255u /* code of a group of 254 bytes with no zero behind it */

/* What a byte does to a CRC whose bytes stand turned round: so the next byte of the message meets
 * the highest one, as big-endian words bring it. Filled in at the first use: 256 numbers in the
 * source could hide a wrong one. */
static uint32_t crc_step[256];

static uint32_t turn_round(uint32_t crc)
{
    return crc << 24 | (crc & 0xff00u) << 8 | (crc >> 8 & 0xff00u) | crc >> 24;
}

static void fill_crc_step(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
        }
        crc_step[byte] = turn_round(crc);
    }
}

static uint32_t crc_of_byte(uint32_t turned, uint8_t byte)
{
    return turned << 8 ^ crc_step[turned >> 24 ^ byte];
}

static uint32_t crc_of_word(uint32_t turned, uint32_t word)
{
    turned ^= word;
#pragma GCC unroll 4
    for (int byte = 0; byte < 4; byte++) {
        turned = crc_of_byte(turned, 0);
    }
    return turned;
}

/* CRC-32C (Castagnoli, reflected; start and final exclusive-or all ones) of bytes whose CRC is
 * `crc`, 0: none, and `count` more. On the target 6 instructions a byte; four tables would take
 * 5, but they are as large as the data cache of a small LEON. */
uint32_t frame_crc32c_more(uint32_t crc, const uint8_t *bytes, uint32_t count)
{
    uint32_t turned = turn_round(~crc), i = 0;

    if (crc_step[1] == 0) {
        fill_crc_step();
    }
    for (; i < count && (uintptr_t)(bytes + i) % sizeof(uint32_t) != 0; i++) {
        turned = crc_of_byte(turned, bytes[i]);
    }
    for (; count - i >= sizeof(uint32_t); i += sizeof(uint32_t)) {
        turned = crc_of_word(turned, bytes_be32_aligned(bytes + i));
    }
    for (; i < count; i++) {
        turned = crc_of_byte(turned, bytes[i]);
    }
    return ~turn_round(turned);
}

/* CRC-32C of `count` bytes. */
uint32_t frame_crc32c(const uint8_t *bytes, uint32_t count)
{
    return frame_crc32c_more(0, bytes, count);
}

/* Encodes `count` bytes so that no zero is left; returns the bytes written, at most
 * FRAME_COBS_BYTES(count). A full last group is not followed by an empty one. */
uint32_t frame_cobs_encode(uint8_t *to, const uint8_t *from, uint32_t count)
{
    uint32_t code_at = 0, at = 1;
    uint8_t code = 1;

    for (uint32_t i = 0; i < count; i++) {
        if (from[i] != 0) {
            to[at++] = from[i];
            code++;
        }
        if (from[i] == 0 || (code == COBS_FULL && i + 1 < count)) {
            to[code_at] = code;
            code_at = at++;
            code = 1;
        }
    }
    to[code_at] = code;
    return at;
}

static bool holds_zero(const uint8_t *bytes, uint32_t count)
{
    uint32_t i = 0;

    while (i < count && bytes[i] != 0) {
        i++;
    }
    return i < count;
}

/* Decodes in place what stood between two zeros; returns the bytes left, or FRAME_NOT_COBS. */
uint32_t frame_cobs_decode(uint8_t *bytes, uint32_t count)
{
    uint32_t from = 0, to = 0;

    while (from < count) {
        uint32_t code = bytes[from++];

        if (code == 0 || code - 1 > count - from || holds_zero(bytes + from, code - 1)) {
            return FRAME_NOT_COBS;
        }
        memmove(bytes + to, bytes + from, code - 1);
        from += code - 1;
        to += code - 1;
        if (code != COBS_FULL && from < count) {
            bytes[to++] = 0;
        }
    }
    return to;
}

/* Takes a decoded frame from the ground apart: check sum, version and length are good if it says
 * FRAME_GOOD, and `frame` points into `bytes`; key, code and counter are session_admit()'s. */
enum frame_verdict frame_open(const uint8_t *bytes, uint32_t count, uint32_t most_payload,
                              struct frame *frame)
{
    uint32_t body, mac_bytes;

    if (count < FRAME_HEADER_BYTES + FRAME_CRC_BYTES || count > FRAME_BYTES(most_payload)) {
        return FRAME_BAD_LENGTH;
    }
    body = count - FRAME_CRC_BYTES;
    if (frame_crc32c(bytes, body) != bytes_be32(bytes + body)) {
        return FRAME_BAD_CRC;
    }
    if (bytes[AT_VERSION] != FRAME_MAGIC_VERSION || bytes[AT_TYPE] != FRAME_COMMAND ||
        bytes[AT_CHANNEL] != 0) {
        return FRAME_BAD_VERSION;
    }
    frame->type = bytes[AT_TYPE];
    frame->channel = bytes[AT_CHANNEL];
    frame->key_id = bytes[AT_KEY];
    frame->session = bytes_be32(bytes + AT_SESSION);
    frame->counter = bytes_be32(bytes + AT_COUNTER);
    frame->payload = bytes + FRAME_HEADER_BYTES;
    frame->length = bytes_be16(bytes + AT_LENGTH);
    frame->bytes = bytes;
    frame->mac = frame->payload + frame->length;
    mac_bytes = frame->key_id == MAC_NULL_KEY ? 0 : MAC_BYTES;
    if (frame->length > most_payload || FRAME_HEADER_BYTES + frame->length + mac_bytes != body) {
        return FRAME_BAD_LENGTH;
    }
    return FRAME_GOOD;
}

/* Writes a frame to the ground, not yet encoded; `key` is that of its code, NULL under the null
 * key. The payload may lie in its place already, FRAME_HEADER_BYTES behind `to`. Returns its bytes,
 * at most FRAME_BYTES(frame->length). */
uint32_t frame_build(uint8_t *to, const struct frame *frame, const struct mac_key *key)
{
    uint32_t at = FRAME_HEADER_BYTES;

    to[AT_VERSION] = FRAME_MAGIC_VERSION;
    to[AT_TYPE] = frame->type;
    to[AT_CHANNEL] = frame->channel;
    to[AT_KEY] = frame->key_id;
    bytes_put_be32(to + AT_SESSION, frame->session);
    bytes_put_be32(to + AT_COUNTER, frame->counter);
    bytes_put_be16(to + AT_LENGTH, (uint16_t)frame->length);
    if (frame->payload != to + at) {
        memcpy(to + at, frame->payload, frame->length);
    }
    at += frame->length;
    if (key != NULL) {
        mac_make(key, to, at, to + at);
        at += MAC_BYTES;
    }
    bytes_put_be32(to + at, frame_crc32c(to, at));
    return at + FRAME_CRC_BYTES;
}
