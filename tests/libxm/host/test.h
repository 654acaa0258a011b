/* test.h - what every test program on the workstation needs */
#ifndef LIBXM_TEST_H
#define LIBXM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A fixed sequence of numbers, the same in every run. */
static inline uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ (*state >> 29);
}

#endif
