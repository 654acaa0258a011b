/* mission.c - what partitions do, and when (see mission.h) */
#include "mission.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "commands.h"

#define LINES 512
#define WORDS 6

enum kind { AT, START, EVERY, SLOT, NEWS, TRAP };

static const struct {
    const char *word;
    unsigned least, most; /* words behind it */
} kinds[] = {
    [AT] = { "at", 1, 1 },     [START] = { "start", 1, 1 }, [EVERY] = { "every", 2, 2 },
    [SLOT] = { "slot", 2, 4 }, [NEWS] = { "news", 2, 2 },   [TRAP] = { "trap", 1, 1 },
};

static struct line {
    enum kind kind;
    uint32_t partition; /* AT: BOARD_NONE */
    uint32_t n, life;   /* EVERY, SLOT; life 0: every one. NEWS: n is the port */
    xmTime_t at_us;
    bool done; /* in this boot */
    char command[MISSION_LINE];
} lines[LINES];
static unsigned line_count;
static bool described[FAKE_PARTITIONS]; /* the mission's file has lines about it */

/* Does it begin with one of the words above, and has it a colon? */
bool mission_is_line(const char *line)
{
    size_t length = strcspn(line, " ");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].word) == length && strncmp(line, kinds[i].word, length) == 0) {
            return strchr(line, ':') != NULL;
        }
    }
    return false;
}

static bool take_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *number = (uint32_t)value;
    return isdigit((unsigned char)*text) && *end == '\0' && value > 0 && value <= UINT32_MAX;
}

/* The words behind the first; why they are refused, or NULL. */
static const char *take_words(struct line *line, char *word[], unsigned count)
{
    char *end;
    double seconds;

    if (count < kinds[line->kind].least || count > kinds[line->kind].most) {
        return "wrong number of words before the colon";
    }
    if (line->kind == AT) {
        seconds = strtod(word[0], &end);
        line->at_us = (xmTime_t)(seconds * 1e6);
        line->partition = BOARD_NONE;
        return end != word[0] && strcmp(end, *end == 's' ? "s" : "") == 0 && seconds >= 0 &&
                       seconds < 1e9
                   ? NULL
                   : "the time is in seconds: at 12.5: ...";
    }
    line->partition = board_partition(word[0]);
    if (line->partition == BOARD_NONE) {
        return "there is no such partition";
    }
    if (line->kind == NEWS) {
        line->n = board_find_port(line->partition, word[1]);
        return line->n == BOARD_NONE ? "the partition has no such port" : NULL;
    }
    if (count >= 2 && !take_number(word[1], &line->n)) {
        return "slots are counted from 1";
    }
    if (count > 2 &&
        (count != 4 || strcmp(word[2], "life") != 0 || !take_number(word[3], &line->life))) {
        return "a life is named like this: slot P N life L: ...";
    }
    return NULL;
}

/* Adds a line, of the mission's file or typed; false: it is refused, the reply says why. */
bool mission_add(const char *text, bool from_file, FILE *reply)
{
    struct line *line = &lines[line_count];
    char copy[MISSION_LINE], *word[WORDS], *rest = NULL, *command;
    unsigned count = 0;
    const char *refusal;

    if (strlen(text) >= sizeof(copy) || line_count == LINES) {
        fprintf(reply, "a mission has at most %d lines of %d characters\n", LINES,
                MISSION_LINE - 1);
        return false;
    }
    strcpy(copy, text);
    command = strchr(copy, ':');
    *command++ = '\0';
    command += strspn(command, " ");
    memset(line, 0, sizeof(*line));
    for (char *next = strtok_r(copy, " ", &rest); next != NULL && count < WORDS;
         next = strtok_r(NULL, " ", &rest)) {
        word[count++] = next;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        line->kind = strcmp(word[0], kinds[i].word) == 0 ? (enum kind)i : line->kind;
    }
    refusal = take_words(line, word + 1, count - 1);
    if (refusal == NULL && !commands_knows(command)) {
        refusal = "there is no such command behind the colon; `help` lists them";
    }
    if (refusal != NULL) {
        fprintf(reply, "%s: %s\n", text, refusal);
        return false;
    }
    strcpy(line->command, command);
    if (from_file && line->partition != BOARD_NONE) {
        described[line->partition] = true;
    }
    line_count++;
    return true;
}

/* Does the mission's file say what that partition does? */
bool mission_has(uint32_t partition)
{
    return described[partition];
}

/* A boot begins: what is to happen at a time will happen again. */
void mission_boot(void)
{
    for (unsigned i = 0; i < line_count; i++) {
        lines[i].done = false;
    }
}

static void run(const struct line *line)
{
    char command[MISSION_LINE];

    strcpy(command, line->command);
    if (!commands_obey(command, stderr)) {
        fprintf(stderr, "sim: that was the mission's: %s\n", line->command);
    }
}

static bool is_due(const struct line *line, uint32_t partition, enum kind kind, uint32_t n)
{
    if (line->kind != kind || line->partition != partition || !board_runs(partition)) {
        return false;
    }
    switch (kind) {
    case EVERY:
        return n % line->n == 0;
    case SLOT:
        return n == line->n && (line->life == 0 || line->life == board_life(partition));
    case NEWS:
        return n == line->n;
    default:
        return true;
    }
}

/* A life of the partition begins. */
void mission_start(uint32_t partition)
{
    for (unsigned i = 0; i < line_count; i++) {
        if (is_due(&lines[i], partition, START, 0)) {
            run(&lines[i]);
        }
    }
}

/* A slot of the partition: its lines in their order, as long as it runs. */
void mission_slot(uint32_t partition)
{
    uint32_t n = board_slots(partition);

    for (unsigned i = 0; i < line_count; i++) {
        if (is_due(&lines[i], partition, EVERY, n) || is_due(&lines[i], partition, SLOT, n)) {
            run(&lines[i]);
        }
    }
}

/* It has read a message of another life of the sender. */
void mission_news(uint32_t partition, uint32_t port)
{
    for (unsigned i = 0; i < line_count; i++) {
        if (is_due(&lines[i], partition, NEWS, port)) {
            run(&lines[i]);
        }
    }
}

/* Its own handler gets a trap. */
void mission_trap(uint32_t partition)
{
    for (unsigned i = 0; i < line_count; i++) {
        if (is_due(&lines[i], partition, TRAP, 0)) {
            run(&lines[i]);
        }
    }
}

/* The board's clock shows that time. */
void mission_clock(xmTime_t now_us)
{
    for (unsigned i = 0; i < line_count; i++) {
        if (lines[i].kind == AT && !lines[i].done && lines[i].at_us <= now_us) {
            lines[i].done = true;
            run(&lines[i]);
        }
    }
}

/* ---- {words} in a text ----------------------------------------------------------------------- */

static bool value_of(uint32_t partition, const char *name, uint32_t *value)
{
    char word[16], port_name[CONFIG_ID_STRING_LENGTH * 2];
    const struct board_port *port;
    uint32_t index;

    if (strcmp(name, "life") == 0) {
        *value = board_life(partition);
        return true;
    }
    if (strcmp(name, "status") == 0) {
        *value = fake.partition[partition].status.resetStatus;
        return true;
    }
    if (strcmp(name, "slot") == 0) {
        *value = board_slots(partition);
        return true;
    }
    if (sscanf(name, "%15s %31s", word, port_name) != 2) {
        return false;
    }
    index = board_find_port(partition, port_name);
    if (index == BOARD_NONE) {
        return false;
    }
    port = board_port(index);
    *value = strcmp(word, "sent") == 0        ? port->sent
             : strcmp(word, "postponed") == 0 ? port->postponed
             : strcmp(word, "received") == 0  ? port->received
             : strcmp(word, "stale") == 0     ? port->stale
             : strcmp(word, "repeated") == 0  ? port->repeated
             : strcmp(word, "sender") == 0    ? port->sender_life
                                              : UINT32_MAX;
    return *value != UINT32_MAX;
}

/* Copies a text with the numbers that stand for {life}, {status}, {slot}, and {sent PORT},
 * {postponed PORT}, {received PORT}, {stale PORT}, {repeated PORT}, {sender PORT}: all of the
 * partition's present life. What is in braces and none of these stays. */
void mission_expand(uint32_t partition, const char *text, char *line, size_t room)
{
    size_t at = 0;

    while (*text != '\0' && at + 12 < room) {
        char name[64];
        uint32_t value;
        int length = 0;

        if (sscanf(text, "{%63[^}]}%n", name, &length) == 1 && length > 0 &&
            value_of(partition, name, &value)) {
            at += (size_t)snprintf(line + at, room - at, "%u", value);
            text += length;
        } else {
            line[at++] = *text++;
        }
    }
    line[at] = '\0';
}
