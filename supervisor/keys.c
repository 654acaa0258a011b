/* keys.c - the keys of this image (see keys.h) */
#include "keys.h"

#include <stdio.h>
#include <string.h>

/* Among the initialised data: .bss is cleared after the file was loaded. */
char keys_text[KEYFILE_BYTES] __attribute__((section(".data.keys"), aligned(8))) = { 0 };

static struct {
    bool none; /* the image has no key file */
    uint32_t count;
    struct key table[KEYFILE_KEYS];
} keys;

static void take(struct key *key, uint8_t id, const uint8_t *bytes)
{
    key->id = id;
    mac_key_init(&key->master, bytes);
    mac_derive_key(&key->master, "xm1 hello ground", NULL, 0, &key->hello_ground);
    mac_derive_key(&key->master, "xm1 hello board", NULL, 0, &key->hello_board);
}

/* Reads the image's key file, and says on the console what that means if it is not as it should be.
 */
void keys_init(void)
{
    static struct keyfile file;
    const char *refusal;

    memset(&keys, 0, sizeof(keys));
    keys.none = keys_text[0] == '\0';
    if (keys.none) {
        printf("supervisor: WARNING: this image has no key: anybody on the link may command; "
               "build it with KEY=file (xmg key new FILE makes one)\n");
        return;
    }
    refusal = keyfile_parse(keys_text, sizeof(keys_text), &file);
    if (refusal != NULL) {
        printf("supervisor: key file, line %u: %s; no frame is taken from the link\n",
               (unsigned)file.line, refusal);
        return;
    }
    for (uint32_t i = 0; i < file.count; i++) {
        take(&keys.table[i], file.keys[i].id, file.keys[i].bytes);
    }
    keys.count = file.count;
}

/* Is this an image without a key file: null key, no authentication? */
bool keys_none(void)
{
    return keys.none;
}

/* The key of that id, NULL: none. */
const struct key *keys_find(uint8_t id)
{
    for (uint32_t i = 0; i < keys.count; i++) {
        if (keys.table[i].id == id) {
            return &keys.table[i];
        }
    }
    return NULL;
}
