/* keys.h - who may command: the keys of this image
 *
 * xmpack puts the key file of the build into keys_text, as custom file 0 of the supervisor's
 * image. With keys, only frames under one of them are looked at. An image without a key file
 * takes key id 0 alone: no authentication, and it says so wherever it can. One whose key file
 * cannot be read takes no frame at all, because falling back to no authentication is what an
 * attacker would want; the build refuses such a file (supervisor/host/keycheck.c).
 *
 * Rules: keys_init() first. */
#ifndef SUPERVISOR_KEYS_H
#define SUPERVISOR_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "keyfile.h"
#include "mac.h"

struct key {
    uint8_t id;
    struct mac_key master;                    /* the key itself, to derive from */
    struct mac_key hello_ground, hello_board; /* of the two frames that open a session */
};

extern char keys_text[KEYFILE_BYTES];

void keys_init(void);
bool keys_none(void);
const struct key *keys_find(uint8_t id);

#endif
