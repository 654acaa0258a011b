/* frame.h - frames of the ground link as bytes: COBS, header, CRC-32C
 *
 * The layout is described in the head comment of proto/supervisor.proto. Pure functions: no
 * hypervisor, no state but what the caller passes, so the same code runs on the target, in the
 * unit tests and under the fuzzer.
 *
 * Rules:     nothing of a frame is looked at before its CRC-32C holds, nothing of its payload
 *            before session_admit() let it in.
 * Invariant: the order of checks is CRC, version, length (here), key, MAC, counter (session.h);
 *            each refusal is told apart, because the ground reads the counts to find out what is
 *            wrong with a link. */
#ifndef SUPERVISOR_FRAME_H
#define SUPERVISOR_FRAME_H

#include <stdint.h>

#include "mac.h"

#define FRAME_MAGIC_VERSION 0x5au /* magic 5, major version 0xA */
#define FRAME_HEADER_BYTES 14u
#define FRAME_CRC_BYTES 4u
#define FRAME_RX_PAYLOAD 192u /* largest payload from the ground on a UART */
#define FRAME_TX_PAYLOAD 512u /* largest payload to the ground, chunks of a datagram link apart */
#define FRAME_PAYLOAD 1024u   /* largest payload of any link in either direction */
#define FRAME_BYTES(payload) (FRAME_HEADER_BYTES + (payload) + MAC_BYTES + FRAME_CRC_BYTES)

/* Bytes of n bytes under COBS, at most; delimiters not counted. */
#define FRAME_COBS_BYTES(n) ((n) + (n) / 254u + 1u)

/* What frame_cobs_decode() returns for bytes that no encoder makes. */
#define FRAME_NOT_COBS 0xffffffffu

enum frame_type {
    FRAME_COMMAND = 1,
    FRAME_REPLY = 2,
    FRAME_EVENT = 3,
    FRAME_BULK = 4,
    FRAME_BEACON = 5
};

enum frame_verdict {
    FRAME_GOOD,
    FRAME_BAD_CRC,
    FRAME_BAD_VERSION, /* other magic, major version, type or channel than this end takes */
    FRAME_BAD_LENGTH,  /* too short or too long, or not as long as the header says */
    FRAME_BAD_KEY,
    FRAME_BAD_MAC,
    FRAME_REPLAYED,
    FRAME_BAD_SESSION, /* neither 0 nor one of this link's */
    FRAME_VERDICTS
};

struct frame {
    uint8_t type; /* enum frame_type */
    uint8_t channel;
    uint8_t key_id;
    uint32_t session;
    uint32_t counter;
    const uint8_t *payload;
    uint32_t length;      /* of the payload, bytes */
    const uint8_t *bytes; /* inward: header and payload, as they came */
    const uint8_t *mac;   /* inward: the code behind them; not there under the null key */
};

uint32_t frame_crc32c(const uint8_t *bytes, uint32_t count);
uint32_t frame_crc32c_more(uint32_t crc, const uint8_t *bytes, uint32_t count);
uint32_t frame_cobs_encode(uint8_t *to, const uint8_t *from, uint32_t count);
uint32_t frame_cobs_decode(uint8_t *bytes, uint32_t count);
enum frame_verdict frame_open(const uint8_t *bytes, uint32_t count, uint32_t most_payload,
                              struct frame *frame);
uint32_t frame_build(uint8_t *to, const struct frame *frame, const struct mac_key *key);

#endif
