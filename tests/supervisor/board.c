/* board.c - the supervisor over the fake kernel, its link on standard input and output
 *
 * Reads what the ground sends until the end of input and runs slots meanwhile; then runs `SLOTS`
 * more (first argument, default 50), so that effects can be seen, and ends. For test_wire.py,
 * which is written against the protocol alone. */
#include <stdio.h>
#include <stdlib.h>

#include "fake_kernel.h"

static uint32_t written;

static void write_out(void)
{
    fwrite(fake.sent + written, 1, fake.sent_count - written, stdout);
    written = fake.sent_count;
}

int main(int argc, char **argv)
{
    long slots = argc > 1 ? strtol(argv[1], NULL, 10) : 50;
    uint8_t bytes[256];
    size_t count;

    fake_init(NULL);
    fake_log_hm(30);
    fake_log_trace(1, 12);
    fake_print(1, "hello from P1\n");
    while ((count = fread(bytes, 1, sizeof(bytes), stdin)) > 0) {
        fake_type(bytes, (uint32_t)count);
        fake_slot();
    }
    while (slots-- > 0) {
        fake_slot();
    }
    write_out();
    return fflush(stdout) == 0 ? 0 : 1;
}
