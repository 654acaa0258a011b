/* keyfile.h - the text form of keys
 *
 * Lines `xm-key ID DIGITS`, ID 1 to 255 in decimal, DIGITS 64 hexadecimal digits (32 bytes);
 * empty lines and lines whose first character is `#`. The first key is the one in force for new
 * sessions of the ground; the board takes all of them, so that keys can be changed one end after
 * the other. No state and no hypervisor: the build checks key files with this code too
 * (supervisor/host/keycheck.c).
 *
 * Invariant: a file is taken as a whole or not at all. */
#ifndef SUPERVISOR_KEYFILE_H
#define SUPERVISOR_KEYFILE_H

#include <stdint.h>

#define KEYFILE_BYTES 1024u /* longest file */
#define KEYFILE_KEYS 8u     /* most keys in one */
#define KEYFILE_KEY_BYTES 32u

struct keyfile {
    uint32_t count;
    struct {
        uint8_t id;
        uint8_t bytes[KEYFILE_KEY_BYTES];
    } keys[KEYFILE_KEYS];
    uint32_t line; /* that was looked at last, from 1: of the refusal, if there was one */
};

const char *keyfile_parse(const char *text, uint32_t size, struct keyfile *file);

#endif
