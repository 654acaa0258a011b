/* mac.c - the null key, the only one of this build (see mac.h) */
#include "mac.h"

/* Is there a key of that id? */
bool mac_key_known(uint8_t key_id)
{
    return key_id == MAC_NULL_KEY;
}

/* Bytes of the code in a frame under that key, known or not. */
uint32_t mac_bytes_of(uint8_t key_id)
{
    return key_id == MAC_NULL_KEY ? 0 : MAC_BYTES;
}

/* Does the code at `mac` fit the `count` bytes? Under the null key there is none, and every frame
 * passes; no code of another key ever passes, because none is known. */
bool mac_check(uint8_t key_id, const uint8_t *bytes, uint32_t count, const uint8_t *mac)
{
    (void)bytes;
    (void)count;
    (void)mac;
    return key_id == MAC_NULL_KEY;
}

/* Writes the code over `count` bytes to `mac`, mac_bytes_of(key_id) bytes: none under the null key.
 */
void mac_make(uint8_t key_id, const uint8_t *bytes, uint32_t count, uint8_t *mac)
{
    (void)key_id;
    (void)bytes;
    (void)count;
    (void)mac;
}

/* Is this counter new in its session? Without a key anybody can choose any counter, so a check
 * would only refuse a ground station that began anew. */
bool mac_counter_fresh(uint8_t key_id, uint32_t session, uint32_t counter)
{
    (void)session;
    (void)counter;
    return key_id == MAC_NULL_KEY;
}

/* Does a key other than the null key protect the link? */
bool mac_authenticated(void)
{
    return false;
}
