/* commands.c - what can be said to the simulated board (see commands.h) */
#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../hypervisor/abi/config.h"
#include "board.h"
#include "line.h"
#include "mission.h"

#define WORDS 8
#define MOST_EVENTS 100000
#define DAY_S 86400

struct commands_state commands_state;

/* The words behind the command; the last one may be the rest of the line. */
struct words {
    char *at[WORDS];
    unsigned count;
    FILE *reply;
};

/* ---- values ---------------------------------------------------------------------------------- */

static bool take_partition(const struct words *w, unsigned n, uint32_t *partition)
{
    *partition = board_partition(w->at[n]);
    if (*partition == BOARD_NONE) {
        fprintf(w->reply, "there is no partition %s\n", w->at[n]);
    }
    return *partition != BOARD_NONE;
}

/* The number stays as it is when the word is refused. */
static bool take_number(const struct words *w, unsigned n, double least, double most,
                        double *number)
{
    char *end;
    double value = strtod(w->at[n], &end);

    if (end != w->at[n] && *end == '\0' && value >= least && value <= most) {
        *number = value;
        return true;
    }
    fprintf(w->reply, "%s: a number of %g to %g is wanted\n", w->at[n], least, most);
    return false;
}

/* A whole number in decimal, or hexadecimal with 0x. */
static bool take_word(const struct words *w, unsigned n, uint32_t *word)
{
    char *end;
    unsigned long long value = strtoull(w->at[n], &end, 0);

    *word = (uint32_t)value;
    if (end != w->at[n] && *end == '\0' && value <= UINT32_MAX && *w->at[n] != '-') {
        return true;
    }
    fprintf(w->reply, "%s: a number of 32 bits is wanted\n", w->at[n]);
    return false;
}

static bool take_event(const struct words *w, unsigned n, uint32_t *event)
{
    *event = board_event(w->at[n]);
    if (*event == BOARD_NONE) {
        fprintf(w->reply, "there is no event %s: docs/hm-events.md lists them\n", w->at[n]);
    }
    return *event != BOARD_NONE;
}

/* Word n of those that may be left out. */
static bool number_or(const struct words *w, unsigned n, double usual, double most, double *number)
{
    *number = usual;
    return n >= w->count || take_number(w, n, 1, most, number);
}

/* ---- partitions ------------------------------------------------------------------------------ */

static bool say(const struct words *w)
{
    char line[MISSION_LINE * 2];
    uint32_t partition;

    if (!take_partition(w, 0, &partition)) {
        return false;
    }
    mission_expand(partition, w->count > 1 ? w->at[1] : "", line, sizeof(line) - 1);
    strcat(line, "\n");
    board_print(partition, line);
    return true;
}

static bool mark(const struct words *w)
{
    uint32_t partition, code;
    xm_u32_t payload[4] = { 0 };

    if (!take_partition(w, 0, &partition) || !take_word(w, 1, &code)) {
        return false;
    }
    for (unsigned n = 2; n < w->count; n++) {
        char digits[MISSION_LINE];
        struct words one = { .at = { digits }, .count = 1, .reply = w->reply };

        mission_expand(partition, w->at[n], digits, sizeof(digits));
        if (!take_word(&one, 0, &payload[n - 2])) {
            return false;
        }
    }
    fake_trace(partition, code << TRACE_OPCODE_CODE_BIT, payload);
    return true;
}

static bool trace(const struct words *w)
{
    uint32_t partition;
    double count;

    if (!take_partition(w, 0, &partition) || !take_number(w, 1, 1, MOST_EVENTS, &count)) {
        return false;
    }
    if (!fake.partition[partition].trace.exists) {
        fprintf(w->reply, "%s has no trace\n", w->at[0]);
        return false;
    }
    for (xm_u32_t n = 1; n <= count; n++) {
        fake_trace(partition, 0, (const xm_u32_t[4]){ n });
    }
    return true;
}

static bool take_port(const struct words *w, uint32_t *port)
{
    uint32_t partition;

    if (!take_partition(w, 0, &partition)) {
        return false;
    }
    *port = board_find_port(partition, w->at[1]);
    if (*port == BOARD_NONE) {
        fprintf(w->reply, "%s has no port %s\n", w->at[0], w->at[1]);
    }
    return *port != BOARD_NONE;
}

static bool send_messages(const struct words *w)
{
    double count, bytes;
    uint32_t port;

    if (!take_port(w, &port) || !number_or(w, 2, 1, 1000, &count) ||
        !number_or(w, 3, BOARD_LONGEST, BOARD_LONGEST, &bytes)) {
        return false;
    }
    if (!board_send(port, (uint32_t)count, (uint32_t)bytes)) {
        fprintf(w->reply, "%s is no source port\n", w->at[1]);
        return false;
    }
    return true;
}

static bool receive(const struct words *w)
{
    uint32_t port;

    if (!take_port(w, &port)) {
        return false;
    }
    if (!board_receive(port)) {
        fprintf(w->reply, "%s is no destination port\n", w->at[1]);
        return false;
    }
    return true;
}

/* Start of the first area of another partition: memory that is not its own. */
static uint32_t foreign_address(uint32_t partition)
{
    uint32_t other = partition == 0 ? fake.info.partition_count - 1 : partition - 1;
    uint32_t area = FAKE_ROW(partitions, xm_config_partition, other, area_first);

    return FAKE_ROW(areas, xm_config_area, area, start);
}

static bool crash(const struct words *w)
{
    uint32_t partition, address;

    if (!take_partition(w, 0, &partition)) {
        return false;
    }
    address = foreign_address(partition);
    if (w->count > 1 && !take_word(w, 1, &address)) {
        return false;
    }
    board_raise(XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION, partition, address);
    return true;
}

static bool take_blamed(const struct words *w, uint32_t *partition)
{
    *partition = XM_HYPERVISOR_ID;
    return strcmp(w->at[0], "hypervisor") == 0 || take_partition(w, 0, partition);
}

/* With a number alone: deadlines that the first partition but the supervisor has missed. */
static bool hm(const struct words *w)
{
    uint32_t partition = board_supervisor() == 0 ? 1 : 0, event = XM_HM_EV_APP_DEADLINE_MISSED;
    double count;

    if (w->count == 1) {
        if (!take_number(w, 0, 1, MOST_EVENTS, &count)) {
            return false;
        }
    } else if (!take_blamed(w, &partition) || !take_event(w, 1, &event) ||
               !number_or(w, 2, 1, MOST_EVENTS, &count)) {
        return false;
    }
    while (count-- > 0) {
        board_raise(event, partition, BOARD_NONE);
    }
    return true;
}

static bool flood(const struct words *w)
{
    uint32_t partition, event;
    double per_second, seconds;

    if (!take_blamed(w, &partition) || !take_event(w, 1, &event) ||
        !take_number(w, 2, 1, 100000, &per_second) || !take_number(w, 3, 1, 3600, &seconds)) {
        return false;
    }
    if (!board_flood(event, partition, (uint32_t)per_second, (uint32_t)(seconds * 1e6))) {
        fprintf(w->reply, "there are too many floods already\n");
        return false;
    }
    return true;
}

static bool overrun(const struct words *w)
{
    uint32_t partition;
    double us;

    if (!take_partition(w, 0, &partition) || !number_or(w, 1, 500, 1e6, &us)) {
        return false;
    }
    board_overrun(partition, (uint32_t)us);
    return true;
}

static bool hang(const struct words *w)
{
    uint32_t partition;

    if (!take_partition(w, 0, &partition)) {
        return false;
    }
    if (partition == board_supervisor()) {
        fprintf(w->reply, "the supervisor's code is the real one: it cannot be made to hang\n");
        return false;
    }
    board_hang(partition);
    return true;
}

static bool obeys_shutdown(const struct words *w)
{
    uint32_t partition;

    if (!take_partition(w, 0, &partition)) {
        return false;
    }
    fake.partition[partition].ignores_shutdown = false;
    return true;
}

/* ---- board ----------------------------------------------------------------------------------- */

static bool restart(const struct words *w)
{
    if (strcmp(w->at[0], "power") == 0) {
        board_power_on();
        return true;
    }
    if (strcmp(w->at[0], "warm") != 0 && strcmp(w->at[0], "cold") != 0) {
        fprintf(w->reply, "it is restart warm, restart cold or restart power\n");
        return false;
    }
    board_reset(strcmp(w->at[0], "warm") == 0, 0);
    return true;
}

static bool halt(const struct words *w)
{
    (void)w;
    board_halt();
    return true;
}

static bool late(const struct words *w)
{
    double us;

    if (!take_number(w, 0, 0, 1e6, &us)) {
        return false;
    }
    board_late((uint32_t)us);
    return true;
}

static bool drift(const struct words *w)
{
    return take_number(w, 0, -100000, 100000, &commands_state.drift_ppm);
}

static struct fake_log *log_of(const struct words *w)
{
    uint32_t partition;

    if (strcmp(w->at[0], "hm") == 0) {
        return &fake.hm;
    }
    if (strcmp(w->at[0], "trace") == 0 && w->count > 2 && strcmp(w->at[2], "hypervisor") == 0) {
        return &fake.trace;
    }
    if ((strcmp(w->at[0], "trace") != 0 && strcmp(w->at[0], "console") != 0) || w->count < 3) {
        fprintf(w->reply, "it is book hm N, book trace N P or book console N P\n");
        return NULL;
    }
    if (!take_partition(w, 2, &partition)) {
        return NULL;
    }
    return strcmp(w->at[0], "trace") == 0 ? &fake.partition[partition].trace
                                          : &fake.partition[partition].console;
}

static bool book(const struct words *w)
{
    struct fake_log *log = log_of(w);
    double items;

    if (log == NULL || !take_number(w, 1, 1, 1e9, &items)) {
        return false;
    }
    if (!log->exists || items > log->room) {
        fprintf(w->reply, "that log was configured for %u\n", log->exists ? log->room : 0);
        return false;
    }
    fake_log_resize(log, (uint32_t)items);
    return true;
}

static void change_key(const char *text)
{
    fake_set_keys(text);
    if (fake.end == FAKE_GOES_ON) { /* else it reads them when it starts */
        fake_start_again(false);
    }
}

static bool key(const struct words *w)
{
    char text[KEYFILE_BYTES + 1] = "xm-key 1 ";

    if (strcmp(w->at[0], "own") == 0) {
        change_key(commands_state.key_text);
        return true;
    }
    if (strcmp(w->at[0], "other") != 0) {
        fprintf(w->reply, "it is key other or key own\n");
        return false;
    }
    for (unsigned n = 0; n < 2 * KEYFILE_KEY_BYTES; n++) {
        sprintf(text + strlen(text), "%x", (unsigned)(line_chance() * 16));
    }
    change_key(text);
    return true;
}

static bool credit(const struct words *w)
{
    double bytes;

    if (!take_number(w, 0, 64, FAKE_RING, &bytes)) {
        return false;
    }
    fake.link.rx_size = (xm_u32_t)bytes;
    return true;
}

/* ---- what is true of the board, without the supervisor ---------------------------------------- */

/* A line of text: book, source, number of the oldest item and of the next one, bytes of an item,
 * then the items in hexadecimal. */
static void dump_log(FILE *out, const char *name, unsigned source, struct fake_log *log)
{
    if (!log->exists) {
        return;
    }
    fprintf(out, "%s %u %llu %llu %u ", name, source, (unsigned long long)log->oldest,
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

/* The file has its name only when it is complete. */
static bool dump(const struct words *w)
{
    char part[600];
    FILE *out;
    bool good;

    snprintf(part, sizeof(part), "%s.part", w->at[0]);
    out = fopen(part, "w");
    if (out == NULL) {
        fprintf(w->reply, "%s: %s: name a file in a folder that can be written\n", w->at[0],
                strerror(errno));
        return false;
    }
    fprintf(out, "board %u %llu\n", fake.info.boot_id, (unsigned long long)fake.info.now_us);
    dump_log(out, "hm", 0, &fake.hm);
    dump_log(out, "trace", XM_HYPERVISOR_ID, &fake.trace);
    for (unsigned id = 0; id < fake.info.partition_count; id++) {
        dump_log(out, "trace", id, &fake.partition[id].trace);
        dump_log(out, "console", id, &fake.partition[id].console);
    }
    good = ferror(out) == 0;
    if (fclose(out) != 0 || !good || rename(part, w->at[0]) != 0) {
        fprintf(w->reply, "%s: %s\n", w->at[0], strerror(errno));
        return false;
    }
    return true;
}

/* ---- line ------------------------------------------------------------------------------------ */

static bool ber(const struct words *w)
{
    return take_number(w, 0, 0, 0.1, &line_faults.ber);
}

static bool drop(const struct words *w)
{
    return take_number(w, 0, 0, 1, &line_faults.drop);
}

static bool dup(const struct words *w)
{
    return take_number(w, 0, 0, 1, &line_faults.dup);
}

static bool reorder(const struct words *w)
{
    return take_number(w, 0, 0, 1, &line_faults.reorder);
}

static bool burst(const struct words *w)
{
    return take_number(w, 0, 0, 1, &line_faults.burst);
}

static bool take_seconds(const struct words *w, uint64_t *us)
{
    double seconds;

    if (!take_number(w, 0, 0, DAY_S, &seconds)) {
        return false;
    }
    *us = (uint64_t)(seconds * 1e6);
    return true;
}

static bool mute(const struct words *w)
{
    return take_seconds(w, &line_faults.mute_us);
}

static bool stall(const struct words *w)
{
    return take_seconds(w, &line_faults.stall_us);
}

static bool baud(const struct words *w)
{
    double rate;

    if (!take_number(w, 0, 300, 1e7, &rate)) {
        return false;
    }
    commands_state.baud = (uint32_t)rate;
    return true;
}

static bool cut(const struct words *w)
{
    (void)w;
    commands_state.cut = true;
    return true;
}

static bool clear(const struct words *w)
{
    (void)w;
    line_faults = (struct line_faults){ 0 };
    return true;
}

/* ---- the program ----------------------------------------------------------------------------- */

static bool state(const struct words *w)
{
    fprintf(w->reply, "boot %u, board time %.3f s, plan %d, supervisor %s\n", fake.info.boot_id,
            (double)fake.info.now_us / 1e6, fake.info.current_plan,
            fake.end == FAKE_GOES_ON ? "runs" : "does not run");
    fprintf(w->reply, "line: %u baud, ber %g, drop %g, dup %g, reorder %g, burst %g\n",
            commands_state.baud, line_faults.ber, line_faults.drop, line_faults.dup,
            line_faults.reorder, line_faults.burst);
    fprintf(w->reply, "line: mute for %.1f s, stalls for %.1f s; clock drift %g ppm\n",
            (double)line_faults.mute_us / 1e6, (double)line_faults.stall_us / 1e6,
            commands_state.drift_ppm);
    return true;
}

static bool quit(const struct words *w)
{
    (void)w;
    commands_state.quit = true;
    return true;
}

static bool help(const struct words *w);

static const struct {
    const char *name, *arguments, *what;
    bool (*obey)(const struct words *words);
    unsigned least, most; /* words; the last of the most takes the rest of the line */
} commands[] = {
    { "crash", "P [ADDRESS]", "P accesses memory that is not its own", crash, 1, 2 },
    { "hm", "P EVENT [N]", "health-monitor events; P may be hypervisor", hm, 1, 3 },
    { "flood", "P EVENT RATE S", "so many a second, for S seconds", flood, 4, 4 },
    { "overrun", "P [US]", "P is still in a service US after its slot's end", overrun, 1, 2 },
    { "hang", "P", "P burns its slots and does nothing, until it is reset", hang, 1, 1 },
    { "obedient", "P", "P ends when it is asked to shut down", obeys_shutdown, 1, 1 },
    { "say", "P TEXT", "a line on P's console", say, 1, 2 },
    { "mark", "P CODE [WORD]...", "a trace record of P with that code", mark, 2, 6 },
    { "trace", "P N", "trace records of P", trace, 2, 2 },
    { "send", "P PORT [N [BYTES]]", "messages from a source port", send_messages, 2, 4 },
    { "receive", "P PORT", "reads what waits at a destination port", receive, 2, 2 },
    { "restart", "warm|cold|power", "the board is reset; power: its logs are lost", restart, 1, 1 },
    { "halt", "", "the board stops, until it is restarted", halt, 0, 0 },
    { "late", "US", "a slot began so many microseconds late", late, 1, 1 },
    { "drift", "PPM", "the board's clock runs faster, or slower", drift, 1, 1 },
    { "book", "hm|trace|console N [P]", "that log holds N items only", book, 2, 3 },
    { "key", "other|own", "the board has another key; its own again", key, 1, 1 },
    { "credit", "BYTES", "the board takes no more at once", credit, 1, 1 },
    { "ber", "X", "probability of each bit on the line to be turned, 0 to 0.1", ber, 1, 1 },
    { "drop", "X", "of each frame to be lost, 0 to 1", drop, 1, 1 },
    { "dup", "X", "of each frame to come twice", dup, 1, 1 },
    { "reorder", "X", "of each frame to be overtaken", reorder, 1, 1 },
    { "burst", "X", "of each frame to be hit by a burst of noise", burst, 1, 1 },
    { "mute", "S", "nothing gets through for S seconds", mute, 1, 1 },
    { "stall", "S", "what is sent within S seconds comes after them", stall, 1, 1 },
    { "baud", "N", "pace of the line", baud, 1, 1 },
    { "cut", "", "the connection breaks; the console may come back", cut, 0, 0 },
    { "clear", "", "the line is as good as new", clear, 0, 0 },
    { "dump", "FILE", "all logs, as they are in the board's memory", dump, 1, 1 },
    { "state", "", "what is set", state, 0, 0 },
    { "help", "", "this list", help, 0, 0 },
    { "quit", "", "the end", quit, 0, 0 },
};

static bool help(const struct words *w)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fprintf(w->reply, "%-9s%-24s%s\n", commands[i].name, commands[i].arguments,
                commands[i].what);
    }
    fprintf(w->reply, "P: name or number of a partition. EVENT: docs/hm-events.md.\n"
                      "Later, or again and again (tools/sim/mission.h):\n"
                      "at SECONDS: COMMAND, start P: COMMAND, every P N: COMMAND,\n"
                      "slot P N [life L]: COMMAND\n");
    return true;
}

static size_t find(const char *line)
{
    size_t length = strcspn(line, " "), i;

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strlen(commands[i].name) == length && strncmp(commands[i].name, line, length) == 0) {
            break;
        }
    }
    return i;
}

/* Does the line begin with a command? */
bool commands_knows(const char *line)
{
    return find(line) < sizeof(commands) / sizeof(commands[0]);
}

/* Splits the line behind the command; the last word that may be takes the rest. */
static void split(char *rest, unsigned most, struct words *words)
{
    words->count = 0;
    while (words->count < most) {
        rest += strspn(rest, " ");
        if (*rest == '\0') {
            return;
        }
        words->at[words->count++] = rest;
        if (words->count == most) {
            return;
        }
        rest += strcspn(rest, " ");
        if (*rest != '\0') {
            *rest++ = '\0';
        }
    }
}

/* Does what a line says, or puts it into the mission. False: it is refused and nothing has changed;
 * the reply says why. */
bool commands_obey(char *line, FILE *reply)
{
    size_t i = find(line);
    struct words words = { .reply = reply };

    if (*line == '\0' || *line == '#') {
        return true;
    }
    if (mission_is_line(line)) {
        return mission_add(line, false, reply);
    }
    if (i == sizeof(commands) / sizeof(commands[0])) {
        fprintf(reply, "'%s' is not understood; `help` lists what is\n", line);
        return false;
    }
    split(line + strlen(commands[i].name), commands[i].most, &words);
    if (words.count < commands[i].least) {
        fprintf(reply, "it is %s %s\n", commands[i].name, commands[i].arguments);
        return false;
    }
    return commands[i].obey(&words);
}
