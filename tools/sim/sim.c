/* sim.c - a simulated board: the supervisor's own code, with a kernel made of memory behind it
 *
 *   xm-sim [--port N] [--key FILE] [--frame-ms N] [--baud N] [--seed N]
 *
 * Serves one console at a time on TCP, in real time: the supervisor runs once per major frame, as
 * on the target. Partitions P1 to P3 print, trace and can be made to fail. What goes wrong is said
 * on standard input, a line each; `help` lists it. The end of standard input changes nothing.
 *
 * The supervisor is the code that flies; the kernel is the fake one that its tests use as well
 * (fake_kernel.h). So answers and protocol are real, timing and partitions are not. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../hypervisor/abi/hm.h"
#include "fake_kernel.h"
#include "main.h"

enum {
    PARTITIONS = 4,
    RESET_FRAMES = 5, /* a reset board is silent for so long */
    MOST_EVENTS = 100000
};

static const char help[] =
    "crash P        partition P (1..3) accesses foreign memory and is halted\n"
    "hm N           N application events in the health-monitor log\n"
    "say P TEXT     a line on the console of partition P\n"
    "ber X          bit errors on the line, both ways: probability of each bit, 0 to 0.1\n"
    "drop X         frames to the ground that are lost: probability, 0 to 1\n"
    "mute S         nothing gets through for S seconds\n"
    "late US        the latest slot began so many microseconds late\n"
    "cut            the connection breaks; the console may come back\n"
    "restart warm   the board is reset, its memory keeps the logs\n"
    "restart power  the board loses its memory\n"
    "trace P N      N records in the trace of partition P (1 or 3)\n"
    "dump FILE      all logs, as they are in memory, to FILE\n"
    "state          what is set\n"
    "quit           the end\n";

static struct {
    uint16_t port;
    uint32_t frame_ms, baud;
    char key_text[KEYFILE_BYTES + 1];
} option = { .port = 5500, .frame_ms = 100, .baud = 115200 };

static struct {
    double bit_errors, lost_frames;
    uint32_t mute_frames;
} fault;

static int client = -1;
static uint32_t silent_frames; /* until a reset board starts */
static uint64_t random_state = 0x9e3779b97f4a7c15u;
static uint32_t lives[PARTITIONS];
static volatile sig_atomic_t ended;

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("sim: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("xm-sim: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

/* 0 <= value < 1; xorshift64*, so that a seed names a run. */
static double chance(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)(random_state * 0x2545f4914f6cdd1du >> 11) / (double)(1ull << 53);
}

/* ---- the partitions -------------------------------------------------------------------------- */

static bool runs(unsigned partition)
{
    return fake.partition[partition].status.state <= XM_STATUS_READY &&
           fake.info.current_plan == 0;
}

static void __attribute__((format(printf, 2, 3))) print(unsigned partition, const char *format, ...)
{
    char line[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    fake_print(partition, line);
}

static void begin_life(xm_u32_t partition, xm_u32_t status)
{
    if (partition != FAKE_SELF && partition < PARTITIONS) {
        print(partition, "P%u: life %u after reset status %u\n", partition, ++lives[partition],
              status);
    }
}

/* Something to see, once a second. */
static void live(uint32_t second)
{
    for (unsigned id = 1; id < PARTITIONS; id++) {
        if (runs(id)) {
            print(id, "P%u: second %u\n", id, second);
            fake_log_trace(id, second % 5 == 0 && id == 1);
        }
    }
}

static void crash(unsigned partition)
{
    fake_log_event(&(struct xm_hm_record){ .event = XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION,
                                           .partition = (xm_u8_t)partition,
                                           .flags = XM_HM_FLAG_CONTEXT | XM_HM_FLAG_ADDRESS,
                                           .action = XM_HM_AC_PARTITION_HALT,
                                           .pc = 0x40401130,
                                           .npc = 0x40401134,
                                           .psr = 0xf30000c1,
                                           .fault_address = 0x40300000,
                                           .fault_status = 0x286,
                                           .payload = { 9 } });
    fake.partition[partition].status.state = XM_STATUS_HALTED;
}

/* ---- the board ------------------------------------------------------------------------------- */

static void power_on(void)
{
    const struct fake_shape shape = {
        .partitions = PARTITIONS, .plans = 3, .slots = 5, .frame_us = option.frame_ms * 1000
    };

    fake_init(&shape);
    fake.line_bytes = option.baud / 10 * option.frame_ms / 1000;
    fake.line_bytes = fake.line_bytes > FAKE_RING ? FAKE_RING : fake.line_bytes;
    fake.on_reset = begin_life;
    fake.said[0] = '\0'; /* it starts only now, with its keys */
    fake_set_keys(option.key_text);
    fake_start_again(false);
    for (unsigned id = 1; id < PARTITIONS; id++) {
        lives[id] = 0;
        begin_life(id, 0);
    }
}

/* What the supervisor left to do when it did not come back. */
static void after_the_end(void)
{
    switch (fake.end) {
    case FAKE_GOES_ON:
        break;
    case FAKE_SELF_RESET:
        say("the supervisor was reset");
        fake_start_again(false);
        break;
    case FAKE_SYSTEM_RESET:
        if (silent_frames == 0) {
            say("the board is being reset");
            silent_frames = RESET_FRAMES;
        } else if (--silent_frames == 0) {
            fake_start_again(true);
            say("the board runs again, boot %#x", fake.info.boot_id);
        }
        break;
    default: /* halted: silent until somebody types `restart` */
        break;
    }
}

static void tell_what_it_says(void)
{
    if (fake.said[0] != '\0') {
        fprintf(stderr, "%s", fake.said);
        fake.said[0] = '\0';
    }
}

/* ---- what is true of the board, without the supervisor ---------------------------------------- */

/* A line of text: book, source, number of the oldest item and of the next one, bytes of an item,
 * then the items in hexadecimal. */
static void dump_log(FILE *out, const char *book, unsigned source, struct fake_log *log)
{
    if (!log->exists) {
        return;
    }
    fprintf(out, "%s %u %llu %llu %u ", book, source, (unsigned long long)log->oldest,
            (unsigned long long)log->next, log->item_bytes);
    for (uint64_t seq = log->oldest; seq < log->next; seq++) {
        const uint8_t *item = fake_item(log, seq);

        for (uint32_t at = 0; at < log->item_bytes; at++) {
            fputc("0123456789abcdef"[item[at] >> 4], out);
            fputc("0123456789abcdef"[item[at] & 15], out);
        }
    }
    fputc('\n', out);
}

/* The file has its name only when it is complete. False: it could not be written. */
static bool dump(const char *path)
{
    char part[600];
    FILE *out;
    bool good;

    snprintf(part, sizeof(part), "%s.part", path);
    out = fopen(part, "w");
    if (out == NULL) {
        return false;
    }
    fprintf(out, "board %u %llu\n", fake.info.boot_id, (unsigned long long)fake.info.now_us);
    dump_log(out, "hm", 0, &fake.hm);
    dump_log(out, "trace", XM_HYPERVISOR_ID, &fake.trace);
    for (unsigned id = 0; id < PARTITIONS; id++) {
        dump_log(out, "trace", id, &fake.partition[id].trace);
        dump_log(out, "console", id, &fake.partition[id].console);
    }
    good = ferror(out) == 0;
    return fclose(out) == 0 && good && rename(part, path) == 0;
}

/* ---- the line -------------------------------------------------------------------------------- */

static void damage(uint8_t *bytes, size_t count)
{
    for (size_t bit = 0; fault.bit_errors > 0 && bit < 8 * count; bit++) {
        if (chance() < fault.bit_errors) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void hang_up(const char *why)
{
    say("%s", why);
    close(client);
    client = -1;
}

/* Sends a piece; what the console's end does not take now is lost, as on a line without handshake. */
static void send_piece(uint8_t *bytes, size_t count)
{
    damage(bytes, count);
    if (client >= 0 && send(client, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EAGAIN) {
        hang_up("the console has gone");
    }
}

/* Everything that left the board in this frame, by frames of the protocol: zeros delimit them. */
static void transmit(void)
{
    uint32_t start = 0;

    for (uint32_t at = 0; at < fake.sent_count; at++) {
        bool is_end = fake.sent[at] == 0 || at + 1 == fake.sent_count;

        if (is_end) {
            if (fault.mute_frames == 0 &&
                (fault.lost_frames <= 0 || chance() >= fault.lost_frames)) {
                send_piece(fake.sent + start, at + 1 - start);
            }
            start = at + 1;
        }
    }
    fake.sent_count = 0;
}

static void receive(void)
{
    uint8_t bytes[2048];
    ssize_t count = recv(client, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) {
            hang_up("the console has gone");
        }
        return;
    }
    if (fault.mute_frames == 0) {
        damage(bytes, (size_t)count);
        fake_type(bytes, (uint32_t)count);
    }
}

static void answer_call(int listener)
{
    int next = accept(listener, NULL, NULL);
    int on = 1;

    if (next < 0) {
        return;
    }
    if (client >= 0) {
        close(next); /* one console at a time, like a serial line */
        return;
    }
    setsockopt(next, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    client = next;
    say("a console is there");
}

/* ---- faults, from standard input ------------------------------------------------------------- */

static bool partition_of(const char *text, unsigned *partition)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *partition = (unsigned)value;
    return end != text && value >= 1 && value < PARTITIONS;
}

static bool number_of(const char *text, double most, double *number)
{
    char *end;

    *number = strtod(text, &end);
    return end != text && *number >= 0 && *number <= most;
}

/* True: it was understood. */
static bool fault_of_partition(const char *word, char *rest)
{
    unsigned partition;
    double number;

    if (strcmp(word, "crash") == 0 && partition_of(rest, &partition)) {
        crash(partition);
        return true;
    }
    if (strcmp(word, "trace") == 0 && partition_of(rest, &partition) &&
        fake.partition[partition].trace.exists && number_of(rest + 1, MOST_EVENTS, &number)) {
        fake_log_trace(partition, (unsigned)number);
        return true;
    }
    if (strcmp(word, "say") == 0 && partition_of(rest, &partition)) {
        print(partition, "%s\n", rest[1] == ' ' ? rest + 2 : "");
        return true;
    }
    if (strcmp(word, "hm") == 0 && number_of(rest, MOST_EVENTS, &number)) {
        for (double n = 0; n < number; n++) {
            fake_log_event(&(struct xm_hm_record){ .event = XM_HM_EV_APP_DEADLINE_MISSED,
                                                   .partition = 1 });
        }
        return true;
    }
    return false;
}

static bool fault_of_line(const char *word, const char *rest)
{
    double number;

    if (strcmp(word, "ber") == 0 && number_of(rest, 0.1, &number)) {
        fault.bit_errors = number;
        return true;
    }
    if (strcmp(word, "drop") == 0 && number_of(rest, 1, &number)) {
        fault.lost_frames = number;
        return true;
    }
    if (strcmp(word, "mute") == 0 && number_of(rest, 86400, &number)) {
        fault.mute_frames = (uint32_t)(number * 1000 / option.frame_ms);
        return true;
    }
    if (strcmp(word, "cut") == 0) {
        if (client >= 0) {
            hang_up("the connection is cut");
        }
        return true;
    }
    return false;
}

static bool fault_of_board(const char *word, const char *rest)
{
    double number;

    if (strcmp(word, "late") == 0 && number_of(rest, 1e6, &number)) {
        fake.info.slot_lateness_last_us = (xm_u32_t)number;
        if (fake.info.slot_lateness_max_us < fake.info.slot_lateness_last_us) {
            fake.info.slot_lateness_max_us = fake.info.slot_lateness_last_us;
        }
        return true;
    }
    if (strcmp(word, "restart") == 0 && strcmp(rest, "power") == 0) {
        power_on();
        say("the board was switched off and on");
        return true;
    }
    if (strcmp(word, "restart") == 0 && strcmp(rest, "warm") == 0) {
        fake_start_again(true);
        say("the board was reset, boot %#x", fake.info.boot_id);
        return true;
    }
    return false;
}

static void obey(char *line)
{
    char *rest = strchr(line, ' ');

    if (rest != NULL) {
        *rest++ = '\0';
    } else {
        rest = line + strlen(line);
    }
    if (line[0] == '\0' || fault_of_partition(line, rest) || fault_of_line(line, rest) ||
        fault_of_board(line, rest)) {
        return;
    }
    if (strcmp(line, "quit") == 0) {
        ended = 1;
    } else if (strcmp(line, "dump") == 0 && rest[0] != '\0') {
        if (!dump(rest)) {
            say("%s: %s: name a file in a folder that can be written", rest, strerror(errno));
        }
    } else if (strcmp(line, "help") == 0) {
        fputs(help, stderr);
    } else if (strcmp(line, "state") == 0) {
        say("boot %#x, plan %d, bit errors %g, lost frames %g, mute for %u frames more",
            fake.info.boot_id, fake.info.current_plan, fault.bit_errors, fault.lost_frames,
            fault.mute_frames);
    } else {
        say("'%s %s' is not understood; `help` lists what is", line, rest);
    }
}

/* Takes what was typed; false: nothing will come any more. */
static bool read_faults(void)
{
    static char typed[512];
    static size_t length;
    ssize_t count = read(STDIN_FILENO, typed + length, sizeof(typed) - 1 - length);
    char *line = typed, *end;

    if (count <= 0) {
        return count < 0 && errno == EINTR;
    }
    length += (size_t)count;
    typed[length] = '\0';
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        obey(line);
        line = end + 1;
    }
    length = strlen(line);
    memmove(typed, line, length);
    if (length == sizeof(typed) - 1) {
        say("a line of more than %zu characters was dropped", sizeof(typed) - 2);
        length = 0;
    }
    return true;
}

/* ---- start and loop -------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void one_frame(void)
{
    static uint32_t seconds;
    uint32_t second = (uint32_t)(fake.info.now_us / 1000000);

    after_the_end();
    if (second != seconds && fake.end == FAKE_GOES_ON) {
        seconds = second;
        live(second);
    }
    fake_run(supervisor_slot);
    fake_tick(option.frame_ms * 1000);
    tell_what_it_says();
    transmit();
    fault.mute_frames -= fault.mute_frames > 0;
}

static void serve(int listener)
{
    int64_t next_ms = now_ms();
    bool stdin_open = true;

    while (!ended) {
        struct pollfd fds[] = { { .fd = listener, .events = POLLIN },
                                { .fd = stdin_open ? STDIN_FILENO : -1, .events = POLLIN },
                                { .fd = client, .events = POLLIN } };
        int64_t wait_ms = next_ms - now_ms();

        if (wait_ms <= 0) {
            one_frame();
            next_ms += option.frame_ms;
            if (next_ms < now_ms()) {
                next_ms = now_ms(); /* the host slept: frames are not made up for */
            }
            continue;
        }
        if (poll(fds, 3, (int)wait_ms) <= 0) {
            continue;
        }
        if (fds[1].revents != 0) {
            stdin_open = read_faults();
        }
        if (client >= 0 && client == fds[2].fd && fds[2].revents != 0) {
            receive();
        }
        if (fds[0].revents != 0) {
            answer_call(listener);
        }
    }
}

static int listen_on(uint16_t *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(*port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0) {
        fail("no socket: %s", strerror(errno));
    }
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        fail("port %u: %s: another board may use it; give --port", *port, strerror(errno));
    }
    *port = ntohs(address.sin_port);
    return listener;
}

static uint32_t number_option(const char *name, const char *text, uint32_t least, uint32_t most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < least || value > most) {
        fail("%s %s: a number of %u to %u is wanted", name, text, least, most);
    }
    return (uint32_t)value;
}

static void parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(name, "--port") == 0) {
            option.port = (uint16_t)number_option(name, value, 0, 65535);
        } else if (strcmp(name, "--key") == 0) {
            if (!fake_read_keys(value, option.key_text)) {
                fail("%s cannot be read, or has not 1 to %d bytes: `xmg key new FILE` makes a key "
                     "file",
                     value, (int)KEYFILE_BYTES);
            }
        } else if (strcmp(name, "--frame-ms") == 0) {
            option.frame_ms = number_option(name, value, 20, 1000);
        } else if (strcmp(name, "--baud") == 0) {
            option.baud = number_option(name, value, 9600, 4000000);
        } else if (strcmp(name, "--seed") == 0) {
            random_state ^= (uint64_t)number_option(name, value, 0, UINT32_MAX) << 17;
        } else {
            fail("%s is unknown: --port N, --key FILE, --frame-ms N, --baud N, --seed N", name);
        }
    }
}

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

int main(int argc, char **argv)
{
    int listener;

    parse(argc, argv);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    listener = listen_on(&option.port);
    power_on();
    printf("tcp:127.0.0.1:%u\n", option.port);
    fflush(stdout);
    say("a simulated board listens; type `help` for what can go wrong, `quit` to end");
    serve(listener);
    return 0;
}
