/* fake_mac.h - instead of ethernet.c: what ip.c sends is kept, one frame after the other */
#ifndef TESTS_ETHERNET_FAKE_MAC_H
#define TESTS_ETHERNET_FAKE_MAC_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_FRAMES 64u

struct fake_mac {
    uint8_t frame[FAKE_FRAMES][1536];
    uint32_t bytes[FAKE_FRAMES];
    uint32_t sent;
    bool full; /* there is no buffer */
    uint32_t events; /* XM_hm_raise_event() */
};

extern struct fake_mac fake_mac;

void fake_fresh_start(void);

#endif
