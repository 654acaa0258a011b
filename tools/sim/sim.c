/* sim.c - a simulated board: the supervisor's own code, with a kernel made of memory behind it
 *
 *   xm-sim [--config FILE] [--mission FILE] [--port N] [--key FILE] [--baud N] [--seed N]
 *          [--speed X | --frame-ms N] [--control PATH] [--do COMMAND]...
 *
 * Serves one console at a time on TCP, in real time, or so many times faster. The system is that of
 * a compiled configuration; without one, of the plain one that is built with this program. With
 * --frame-ms the frames of plan 0 take so many milliseconds of real time. What goes wrong is said on standard input or on the control socket, a
 * line each; `help` lists it. The end of standard input changes nothing.
 *
 * The control socket (a stream socket, for its owner alone) takes one line per connection, and
 * answers with `ok` or `refused` on a line, and what there is to say behind it.
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
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../hypervisor/abi/config.h"
#include "board.h"
#include "commands.h"
#include "line.h"
#include "mission.h"

#define TYPED_BYTES 512
#define MOST_DO 64
#define BEHIND_S 0.5 /* of lost time that is not made up for */
#define TURN_S 0.02  /* of board work before the sockets are looked at */
#define CONTROL_WAIT_MS 1000

static struct {
    uint16_t port;
    const char *config, *mission, *control;
    uint32_t baud; /* 0: as configured */
    double speed;
    double frame_ms; /* 0: speed says it */
    const char *to_do[MOST_DO];
    unsigned to_do_count;
} option = { .port = 5500, .speed = 1 };

static int client = -1;
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

/* ---- the line to the console ----------------------------------------------------------------- */

static void hang_up(const char *why)
{
    say("%s", why);
    close(client);
    client = -1;
}

/* Bytes that the line carries in a time; what is less than a byte is kept for the next. */
static uint32_t line_carries(uint32_t us, uint64_t *rest)
{
    uint64_t bits = (uint64_t)commands_state.baud * us + *rest;

    *rest = bits % 10000000;
    return (uint32_t)(bits / 10000000); /* 10 bits a byte */
}

/* What left the board goes down the line; what the console's end does not take now is lost. */
static void transmit(uint32_t us)
{
    uint8_t bytes[4096];
    uint32_t count;

    line_put(&line_down, fake.sent, fake.sent_count);
    fake.sent_count = 0;
    line_pass(us);
    while ((count = line_take(&line_down, bytes, sizeof(bytes))) != 0) {
        if (client >= 0 && send(client, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
            errno != EAGAIN) {
            hang_up("the console has gone");
        }
    }
}

/* What has come up the line in that time goes to the board. */
static void deliver(uint32_t us)
{
    static uint64_t rest;
    uint8_t bytes[4096];
    uint32_t room = line_carries(us, &rest);
    uint32_t count = line_take(&line_up, bytes, room < sizeof(bytes) ? room : sizeof(bytes));

    if (fake.end == FAKE_GOES_ON) {
        fake_type(bytes, count);
    }
}

static void receive(void)
{
    uint8_t bytes[2048];
    ssize_t count = recv(client, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (count > 0) {
        line_put(&line_up, bytes, (uint32_t)count);
    } else if (count == 0 || errno != EAGAIN) {
        hang_up("the console has gone");
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

/* ---- commands -------------------------------------------------------------------------------- */

/* Does what a line says; what follows from it for this program is done at once. */
static bool obey(char *line, FILE *reply)
{
    bool obeyed;

    for (size_t end = strlen(line); end > 0 && strchr(" \t\r", line[end - 1]) != NULL; end--) {
        line[end - 1] = '\0';
    }
    obeyed = commands_obey(line + strspn(line, " \t"), reply);
    if (commands_state.cut) {
        commands_state.cut = false;
        line_clear();
        if (client >= 0) {
            hang_up("the connection is cut");
        }
    }
    ended |= commands_state.quit;
    return obeyed;
}

/* Takes what was typed; false: nothing will come any more. */
static bool read_typed(void)
{
    static char typed[TYPED_BYTES];
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
        obey(line, stderr);
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

/* One line of a connection, without its end; false: none came in time. */
static bool read_line(int from, char *line, size_t room)
{
    size_t length = 0;

    while (length < room - 1) {
        struct pollfd fd = { .fd = from, .events = POLLIN };

        if (poll(&fd, 1, CONTROL_WAIT_MS) <= 0 || read(from, line + length, 1) != 1) {
            return false;
        }
        if (line[length] == '\n') {
            line[length] = '\0';
            return true;
        }
        length++;
    }
    return false;
}

static void answer_control(int listener)
{
    int from = accept(listener, NULL, NULL);
    char line[TYPED_BYTES], *text = NULL;
    size_t bytes = 0;
    FILE *reply;

    if (from < 0) {
        return;
    }
    reply = open_memstream(&text, &bytes);
    if (reply != NULL && read_line(from, line, sizeof(line))) {
        bool obeyed = obey(line, reply);

        fclose(reply);
        dprintf(from, "%s\n%s", obeyed ? "ok" : "refused", text);
    } else if (reply != NULL) {
        fclose(reply);
    }
    free(text);
    close(from);
}

/* ---- start and loop -------------------------------------------------------------------------- */

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One slot. Returns how long it takes in real time, seconds. */
static double one_slot(void)
{
    static uint64_t rest;
    static int was = FAKE_GOES_ON;
    uint32_t boot_id = fake.info.boot_id, us;

    us = board_step();
    fake.line_bytes = line_carries(us, &rest);
    deliver(us);
    transmit(us);
    if (fake.info.boot_id != boot_id) {
        say("the board has started, boot %u", fake.info.boot_id);
    }
    if (was != (int)fake.end && fake.end != FAKE_GOES_ON) {
        say("%s", fake.end == FAKE_SELF_RESET     ? "the supervisor was reset"
                  : fake.end == FAKE_SELF_HALTED  ? "the supervisor was halted"
                  : fake.end == FAKE_SYSTEM_RESET ? "the board is being reset"
                                                  : "the board was halted");
    }
    was = (int)fake.end;
    return us / 1e6 / option.speed / (1 + commands_state.drift_ppm / 1e6);
}

static void serve(int listener, int control)
{
    double next_s = now_s();
    bool stdin_open = true;

    while (!ended) {
        struct pollfd fds[] = { { .fd = listener, .events = POLLIN },
                                { .fd = stdin_open ? STDIN_FILENO : -1, .events = POLLIN },
                                { .fd = client, .events = POLLIN },
                                { .fd = control, .events = POLLIN } };
        double start_s = now_s(), wait_ms;

        if (next_s < start_s - BEHIND_S) {
            next_s = start_s; /* the host slept: slots are not made up for */
        }
        while (next_s <= start_s && now_s() < start_s + TURN_S) {
            next_s += one_slot();
        }
        wait_ms = (next_s - now_s()) * 1e3;
        if (poll(fds, 4, wait_ms > 0 ? (int)wait_ms + 1 : 0) <= 0) {
            continue;
        }
        if (fds[1].revents != 0) {
            stdin_open = read_typed();
        }
        if (client >= 0 && client == fds[2].fd && fds[2].revents != 0) {
            receive();
        }
        if (fds[3].revents != 0) {
            answer_control(control);
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

/* The path of the control socket: as given, the port in the place of %p. */
static void name_control(char *path, size_t room)
{
    const char *port = strstr(option.control, "%p");
    int before = port == NULL ? (int)strlen(option.control) : (int)(port - option.control);
    char number[8] = "";

    if (port != NULL) {
        snprintf(number, sizeof(number), "%u", option.port);
    }
    if (snprintf(path, room, "%.*s%s%s", before, option.control, number,
                 port == NULL ? "" : port + 2) >= (int)room) {
        fail("--control %s: the path is too long for a socket", option.control);
    }
    option.control = path;
}

/* The control socket. -1: none was asked for. */
static int listen_for_control(void)
{
    static struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener;
    mode_t mask;

    if (option.control == NULL) {
        return -1;
    }
    name_control(address.sun_path, sizeof(address.sun_path));
    unlink(
        address.sun_path); /* of a simulator that was killed: whoever has the port has the name */
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mask = umask(077);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 4) != 0) {
        fail("--control %s: %s: give a path in a folder of yours", option.control, strerror(errno));
    }
    umask(mask);
    return listener;
}

/* ---- options --------------------------------------------------------------------------------- */

static double number_option(const char *name, const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);

    if (*text == '\0' || *end != '\0' || !(value >= least && value <= most)) {
        fail("%s %s: a number of %g to %g is wanted", name, text, least, most);
    }
    return value;
}

static void take_option(const char *name, const char *value)
{
    if (strcmp(name, "--config") == 0) {
        option.config = value;
    } else if (strcmp(name, "--mission") == 0) {
        option.mission = value;
    } else if (strcmp(name, "--control") == 0) {
        option.control = value;
    } else if (strcmp(name, "--port") == 0) {
        option.port = (uint16_t)number_option(name, value, 0, 65535);
    } else if (strcmp(name, "--key") == 0) {
        if (!fake_read_keys(value, commands_state.key_text)) {
            fail("%s cannot be read, or has not 1 to %d bytes: `xmg key new FILE` makes a key file",
                 value, (int)KEYFILE_BYTES);
        }
    } else if (strcmp(name, "--baud") == 0) {
        option.baud = (uint32_t)number_option(name, value, 300, 1e7);
    } else if (strcmp(name, "--speed") == 0) {
        option.speed = number_option(name, value, 0.01, 10000);
    } else if (strcmp(name, "--frame-ms") == 0) {
        option.frame_ms = number_option(name, value, 1, 60000);
    } else if (strcmp(name, "--seed") == 0) {
        line_seed((uint32_t)number_option(name, value, 0, UINT32_MAX));
    } else if (strcmp(name, "--do") == 0 && option.to_do_count < MOST_DO) {
        option.to_do[option.to_do_count++] = value;
    } else {
        fail("%s is unknown: tools/sim/sim.c says what there is; xmg sim is the way to start this",
             name);
    }
}

static void parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            fail("%s needs a value", argv[i]);
        }
        take_option(argv[i], argv[i + 1]);
    }
}

/* The configuration built with this program, in the folder beside its own. */
static const char *plain_config(void)
{
    static char path[4096];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 64);
    char *slash;

    path[bytes > 0 ? bytes : 0] = '\0';
    slash = strrchr(path, '/');
    strcpy(slash == NULL ? path : slash, "/../sim/plain/system.xmc");
    return path;
}

static void load_config(void)
{
    static uint8_t config[FAKE_CONFIG + 1];
    const char *refusal;
    size_t bytes;
    FILE *file;

    option.config = option.config != NULL ? option.config : plain_config();
    file = fopen(option.config, "rb");
    if (file == NULL) {
        fail("%s: %s: make it with `make sim`, or give --config FILE", option.config,
             strerror(errno));
    }
    bytes = fread(config, 1, sizeof(config), file);
    fclose(file);
    refusal = board_load(config, (uint32_t)bytes);
    if (refusal != NULL) {
        fail("%s %s", option.config, refusal);
    }
}

static void load_mission(void)
{
    char line[TYPED_BYTES];
    unsigned number = 0;
    FILE *file;

    if (option.mission == NULL) {
        return;
    }
    file = fopen(option.mission, "r");
    if (file == NULL) {
        fail("%s: %s", option.mission, strerror(errno));
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        if (!mission_is_line(line)) {
            fail(
                "%s, line %u: it begins with at, start, every, slot, news or trap, and has a colon",
                option.mission, number);
        }
        if (!mission_add(line, true, stderr)) {
            fail("%s, line %u is refused", option.mission, number);
        }
    }
    fclose(file);
}

/* Line rate of the supervisor's UART. */
static uint32_t configured_baud(void)
{
    uint32_t uart = FAKE_ROW(partitions, xm_config_partition, board_supervisor(), link_device);

    return FAKE_ROW(uarts, xm_config_uart, uart, baud);
}

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

int main(int argc, char **argv)
{
    int listener, control;

    parse(argc, argv);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    load_config();
    load_mission();
    if (option.frame_ms > 0) {
        option.speed = fake.frame_us / 1e3 / option.frame_ms;
    }
    commands_state.baud = option.baud != 0 ? option.baud : configured_baud();
    fake_set_keys(commands_state.key_text);
    listener = listen_on(&option.port);
    control = listen_for_control();
    board_power_on();
    for (unsigned i = 0; i < option.to_do_count; i++) {
        char line[TYPED_BYTES];

        snprintf(line, sizeof(line), "%s", option.to_do[i]);
        if (!obey(line, stderr)) {
            fail("--do '%s' is refused", option.to_do[i]);
        }
    }
    printf("tcp:127.0.0.1:%u\n", option.port);
    fflush(stdout);
    say("a simulated board listens; type `help` for what can go wrong, `quit` to end");
    serve(listener, control);
    if (option.control != NULL) {
        unlink(option.control);
    }
    return 0;
}
