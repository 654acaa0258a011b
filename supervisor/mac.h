/* mac.h - HMAC-SHA-256: keys, derivations and the codes of frames
 *
 * Thin over BearSSL. A key is kept as the two hash states that HMAC starts from, so a frame costs
 * two compressions less than with the key itself.
 *
 * Rules: codes are compared with mac_equal() alone: its path does not depend on where they
 *        differ, so its time tells a forger nothing. */
#ifndef SUPERVISOR_MAC_H
#define SUPERVISOR_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include <bearssl_hmac.h>

#define MAC_BYTES 16u     /* of a frame's code */
#define MAC_KEY_BYTES 32u /* of a key, and of what is derived from one */
#define MAC_NULL_KEY 0u   /* key id of a frame without a code */

struct mac_key {
    br_hmac_key_context hmac;
};

void mac_key_init(struct mac_key *key, const uint8_t bytes[MAC_KEY_BYTES]);
void mac_derive(const struct mac_key *key, const char *label, const uint8_t *fields, uint32_t count,
                uint8_t derived[MAC_KEY_BYTES]);
void mac_derive_key(const struct mac_key *key, const char *label, const uint8_t *fields,
                    uint32_t count, struct mac_key *derived);
void mac_make(const struct mac_key *key, const uint8_t *bytes, uint32_t count,
              uint8_t mac[MAC_BYTES]);
bool mac_equal(const uint8_t a[MAC_BYTES], const uint8_t b[MAC_BYTES]);
bool mac_check(const struct mac_key *key, const uint8_t *bytes, uint32_t count,
               const uint8_t mac[MAC_BYTES]);

#endif
