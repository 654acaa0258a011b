/* mac.c - HMAC-SHA-256 over BearSSL (see mac.h) */
#include "mac.h"

#include <string.h>

/* Takes a key into use. */
void mac_key_init(struct mac_key *key, const uint8_t bytes[MAC_KEY_BYTES])
{
    br_hmac_key_init(&key->hmac, &br_sha256_vtable, bytes, MAC_KEY_BYTES);
}

/* HMAC of label (without its final zero) and fields. */
void mac_derive(const struct mac_key *key, const char *label, const uint8_t *fields, uint32_t count,
                uint8_t derived[MAC_KEY_BYTES])
{
    br_hmac_context context;

    br_hmac_init(&context, &key->hmac, MAC_KEY_BYTES);
    br_hmac_update(&context, label, strlen(label));
    br_hmac_update(&context, fields, count);
    br_hmac_out(&context, derived);
}

/* The same as a key of its own. */
void mac_derive_key(const struct mac_key *key, const char *label, const uint8_t *fields,
                    uint32_t count, struct mac_key *derived)
{
    uint8_t bytes[MAC_KEY_BYTES];

    mac_derive(key, label, fields, count, bytes);
    mac_key_init(derived, bytes);
}

/* Writes the code of `count` bytes. */
void mac_make(const struct mac_key *key, const uint8_t *bytes, uint32_t count,
              uint8_t mac[MAC_BYTES])
{
    br_hmac_context context;

    br_hmac_init(&context, &key->hmac, MAC_BYTES);
    br_hmac_update(&context, bytes, count);
    br_hmac_out(&context, mac);
}

/* Are the two codes equal? All bytes are looked at, whatever they are. */
bool mac_equal(const uint8_t a[MAC_BYTES], const uint8_t b[MAC_BYTES])
{
    uint32_t difference = 0;

    for (uint32_t i = 0; i < MAC_BYTES; i++) {
        difference |= (uint32_t)(a[i] ^ b[i]);
    }
    return difference == 0;
}

/* Is `mac` the code of `count` bytes under that key? */
bool mac_check(const struct mac_key *key, const uint8_t *bytes, uint32_t count,
               const uint8_t mac[MAC_BYTES])
{
    uint8_t expected[MAC_BYTES];

    mac_make(key, bytes, count, expected);
    return mac_equal(expected, mac);
}
