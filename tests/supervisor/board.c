/* board.c - the supervisor over the fake kernel, its link on standard input and output
 *
 *   board [SLOTS [KEYFILE]]
 *
 * Runs slots as the ground's bytes come, and writes at once what leaves the board; after the end of
 * input it runs SLOTS more (default 50), so that effects can be seen, and ends. For test_wire.py,
 * which is written against the protocol alone. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake_kernel.h"

/* Slots run for each piece of input: enough for what it asks to be answered. */
#define SLOTS_PER_PIECE 4

static uint32_t written;

static void run_slots(long slots)
{
    while (slots-- > 0) {
        fake_slot();
    }
    fwrite(fake.sent + written, 1, fake.sent_count - written, stdout);
    fflush(stdout);
    written = fake.sent_count;
}

static void take_keys(const char *path)
{
    static char text[KEYFILE_BYTES + 1];

    if (!fake_read_keys(path, text)) {
        fprintf(stderr, "board: %s is no key file\n", path);
        exit(2);
    }
    fake_set_keys(text);
    fake_start_again(false);
}

int main(int argc, char **argv)
{
    long slots = argc > 1 ? strtol(argv[1], NULL, 10) : 50;
    uint8_t bytes[256];
    ssize_t count;

    fake_init(NULL);
    if (argc > 2) {
        take_keys(argv[2]);
    }
    fake_log_hm(30);
    fake_log_trace(1, 12);
    fake_print(1, "hello from P1\n");
    while ((count = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
        fake_type(bytes, (uint32_t)count);
        run_slots(SLOTS_PER_PIECE);
    }
    run_slots(slots);
    return ferror(stdout) == 0 ? 0 : 1;
}
