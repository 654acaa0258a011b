/* fuzz.h - one hostile input to the whole supervisor; shared by the loop of the test run and by
 * libFuzzer */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void fuzz_one(const uint8_t *data, size_t size);

#endif
