/* mac.h - who may command: keys, message authentication codes and replay counters
 *
 * This build knows the null key alone: key id 0, no code in the frame, every frame is believed
 * and no counter is checked. Anybody on the line may command, and every HelloAck and LinkState
 * says so (authenticated = false). Frames under any other key id are refused. frame_check()
 * calls these functions in the order that keys will need: a code is computed only over bytes
 * whose length is known to be right, and a counter is looked at only when the code held. */
#ifndef SUPERVISOR_MAC_H
#define SUPERVISOR_MAC_H

#include <stdbool.h>
#include <stdint.h>

#define MAC_BYTES 16u /* of a frame's code, when it has one */
#define MAC_NULL_KEY 0u

bool mac_key_known(uint8_t key_id);
uint32_t mac_bytes_of(uint8_t key_id);
bool mac_check(uint8_t key_id, const uint8_t *bytes, uint32_t count, const uint8_t *mac);
void mac_make(uint8_t key_id, const uint8_t *bytes, uint32_t count, uint8_t *mac);
bool mac_counter_fresh(uint8_t key_id, uint32_t session, uint32_t counter);
bool mac_authenticated(void);

#endif
