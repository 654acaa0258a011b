/* campaign.c - seeded campaigns over the fake kernel; TAP output
 *
 *   campaign [C7 [C8]]   commands of C7 (default 10,000), hostile frames of C8 (100,000)
 *
 * C7, at most once: commands over a line that loses, doubles and delays, to a board that is reset
 * at any point; what the ground is told is compared with what was done.
 * C8, authentication: forged, changed and recorded frames, among the frames of a ground station
 * that must still be served. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake_kernel.h"
#include "frame.h"
#include "ground.h"
#include "link.h"
#include "main.h"
#include "requests.h"

#define WIRE_BYTES (FRAME_COBS_BYTES(FRAME_BYTES(FRAME_TX_PAYLOAD)) + 2u)

static uint64_t seed = 88172645463325252u;

/* xorshift64 (Marsaglia): the same numbers on every machine. */
static uint32_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

static bool chance(uint32_t percent)
{
    return random_word() % 100 < percent;
}

static void start_board(void)
{
    uint8_t key[MAC_KEY_BYTES];
    char text[128] = "xm-key 3 ";

    for (uint32_t i = 0; i < MAC_KEY_BYTES; i++) {
        key[i] = (uint8_t)random_word();
        snprintf(text + 9 + 2 * i, 3, "%02x", key[i]);
    }
    fake_init(NULL);
    fake_set_keys(text);
    fake_start_again(true);
    ground_forget();
    ground_use_key(3, key);
}

static bool report(unsigned number, const char *name, bool good, const char *format, ...)
{
    va_list arguments;

    printf("%s %u - %s: ", good ? "ok" : "not ok", number, name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    return good;
}

/* ---- C7 -------------------------------------------------------------------------------------- */

#define C7_MOST 20000u
#define LATE_FRAMES 64u

static uint8_t executions[C7_MOST + 1]; /* by number of the command, its reset status */
static uint32_t doubles;

static void count_execution(xm_u32_t partition, xm_u32_t status)
{
    (void)partition;
    if (status >= 1 && status <= C7_MOST && ++executions[status] > 1) {
        doubles++;
    }
}

/* Frames under way; each arrives in the slot given. */
static struct {
    uint32_t bytes, slot; /* 0 bytes: free */
    uint8_t wire[256];
} late[LATE_FRAMES];
static uint32_t slot_number;

static void delay(const uint8_t *wire, uint32_t bytes, uint32_t slots)
{
    for (uint32_t i = 0; i < LATE_FRAMES; i++) {
        if (late[i].bytes == 0) {
            late[i].bytes = bytes;
            late[i].slot = slot_number + slots;
            memcpy(late[i].wire, wire, bytes);
            return;
        }
    }
}

/* A frame goes over the bad line. */
static void transmit(const uint8_t *wire, uint32_t bytes)
{
    if (!chance(15)) {
        delay(wire, bytes, chance(15) ? 1 + random_word() % 8 : 0);
    }
    if (chance(15)) {
        delay(wire, bytes, random_word() % 30);
    }
}

static void send_over_bad_line(const Xm__Request *request)
{
    uint8_t payload[192], wire[256];
    uint32_t length = (uint32_t)xm__request__pack(request, payload);

    transmit(wire, ground_make_frame(wire, ground_session.id, ++ground_session.counter,
                                     &ground_session.to_board, payload, length));
}

/* One slot; the board starts again if it was stopped. Half of what it sends is lost at times. */
static void one_slot(void)
{
    for (uint32_t i = 0; i < LATE_FRAMES; i++) {
        if (late[i].bytes != 0 && late[i].slot <= slot_number) {
            fake_type(late[i].wire, late[i].bytes);
            late[i].bytes = 0;
        }
    }
    fake_slot();
    slot_number++;
    if (fake.end != FAKE_GOES_ON) {
        fake_start_again(true);
    }
    ground_listen();
    if (chance(25)) {
        ground_forget();
    }
}

/* Opens a session, however long it takes. */
static void connect(void)
{
    uint64_t nonce = (uint64_t)random_word() << 32 | random_word();
    uint32_t id = random_word() | 1;
    uint8_t wire[256];

    do {
        ground_forget();
        transmit(wire, ground_make_hello(wire, id, nonce));
        one_slot();
        one_slot();
    } while (!ground_take_session(id, nonce));
}

/* The essence of a reply. */
struct answer {
    bool came;
    Xm__Stage stage;
    Xm__Knowledge knowledge;
};

static struct answer hear(uint32_t id)
{
    const Xm__Reply *reply = ground_last_reply(id);
    struct answer answer = { reply != NULL, XM__STAGE__STAGE_NONE, XM__KNOWLEDGE__KNOWLEDGE_NONE };

    if (reply != NULL) {
        answer.stage = reply->stage;
        if (reply->result_case == XM__REPLY__RESULT_COMMAND_STATE) {
            answer.knowledge = reply->command_state->knowledge;
        }
    }
    return answer;
}

static uint32_t next_id;

/* Asks until an answer comes, in a new session after some tries. */
static struct answer ask_status(uint32_t command)
{
    struct answer answer;

    for (uint32_t tries = 1;; tries++) {
        REQUEST(request, next_id++, COMMAND_STATUS, command_status, Xm__CommandStatus,
                XM__COMMAND_STATUS__INIT);
        request_op.id = command;
        send_over_bad_line(&request);
        one_slot();
        one_slot();
        answer = hear(request.id);
        if (answer.came) {
            return answer;
        }
        if (tries % 4 == 0) {
            connect();
        }
    }
}

/* What the ground was told of each command. */
static struct {
    struct answer answer;
    bool confirmed;
} told_of[C7_MOST + 1];

/* Is it true, now that everything that was under way has arrived? */
static bool is_true(uint32_t number)
{
    const struct answer *told = &told_of[number].answer;
    unsigned executed = executions[number];
    bool confirmed = told_of[number].confirmed;

    switch (told->knowledge) {
    case XM__KNOWLEDGE__NEVER_RECEIVED:
        return executed == 0;
    case XM__KNOWLEDGE__IN_PROGRESS:
        return executed == 1;
    case XM__KNOWLEDGE__FINISHED:
        return executed == confirmed;
    case XM__KNOWLEDGE__STARTED_NOT_CONFIRMED:
        return confirmed && executed <= 1;
    default: /* a reply to the command itself */
        return told->stage == XM__STAGE__STAGE_REJECTED ? executed == 0 : executed == 1;
    }
}

static uint32_t outcomes[6]; /* by knowledge; 0: told by the command's own reply */

/* One command of the ground: sent, repeated, and asked about if no end was heard. */
static void one_command(uint32_t number)
{
    CONTROL(request, next_id++, 1 + random_word() % 3, RESET_WARM);
    struct answer told = { false, XM__STAGE__STAGE_NONE, XM__KNOWLEDGE__KNOWLEDGE_NONE };

    request_op.reset_status = number;
    request.confirmed = !chance(5);
    if (chance(10)) {
        fake.stop_in = 1 + random_word() % 10;
    }
    for (uint32_t tries = 0; tries < 4; tries++) {
        send_over_bad_line(&request);
        for (uint32_t slots = 1 + random_word() % 3; slots > 0; slots--) {
            one_slot();
        }
        told = hear(request.id);
        if (told.stage >= XM__STAGE__STAGE_COMPLETED) {
            break;
        }
        if (chance(2)) {
            fake_start_again(chance(50)); /* in between, with the board or alone */
            connect();
        }
    }
    if (told.stage < XM__STAGE__STAGE_COMPLETED || chance(20)) {
        told = ask_status(request.id);
    }
    outcomes[told.knowledge]++;
    told_of[number].answer = told;
    told_of[number].confirmed = request.confirmed;
}

static bool at_most_once(uint32_t commands)
{
    uint32_t wrong = 0, executed = 0, boots;

    start_board();
    boots = fake.info.boot_id;
    fake.on_reset = count_execution;
    next_id = random_word();
    connect();
    for (uint32_t number = 1; number <= commands; number++) {
        one_command(number);
        ground_forget();
    }
    for (uint32_t slots = 0; slots < 100; slots++) {
        one_slot();
    }
    for (uint32_t number = 1; number <= commands; number++) {
        wrong += !is_true(number);
        executed += executions[number];
    }
    boots = fake.info.boot_id - boots;
    return report(1, "C7 at most once",
                  doubles == 0 && wrong == 0 && boots > commands / 50 && executed > commands / 2 &&
                      outcomes[XM__KNOWLEDGE__STARTED_NOT_CONFIRMED] != 0 &&
                      outcomes[XM__KNOWLEDGE__NEVER_RECEIVED] != 0,
                  "%u commands, %u resets: %u double executions, %u wrong statuses "
                  "(told by replies %u; never received %u, in progress %u, finished %u, not "
                  "confirmed %u)",
                  (unsigned)commands, (unsigned)boots, (unsigned)doubles, (unsigned)wrong,
                  (unsigned)outcomes[0], (unsigned)outcomes[XM__KNOWLEDGE__NEVER_RECEIVED],
                  (unsigned)outcomes[XM__KNOWLEDGE__IN_PROGRESS],
                  (unsigned)outcomes[XM__KNOWLEDGE__FINISHED],
                  (unsigned)outcomes[XM__KNOWLEDGE__STARTED_NOT_CONFIRMED]);
}

/* ---- C8 -------------------------------------------------------------------------------------- */

#define RECORDED 512u

/* Frames off the line in both directions, decoded; the newest replace the oldest. */
static struct {
    uint32_t bytes;
    bool hello;
    uint8_t plain[FRAME_BYTES(FRAME_TX_PAYLOAD)];
} recorded[RECORDED];
static uint32_t recorded_count;

static void record(const uint8_t *wire, uint32_t bytes, bool hello)
{
    uint32_t place = recorded_count++ % RECORDED;
    uint8_t coded[WIRE_BYTES];

    memcpy(coded, wire, bytes);
    recorded[place].bytes = frame_cobs_decode(coded, bytes);
    recorded[place].hello = hello;
    memcpy(recorded[place].plain, coded, recorded[place].bytes);
}

/* Notes what the board has sent, frame by frame, and lets the ground hear it. */
static void record_answers(void)
{
    uint32_t begin = 0;

    for (uint32_t at = 0; at < fake.sent_count; at++) {
        if (fake.sent[at] == 0) {
            if (at > begin && chance(30)) {
                record(fake.sent + begin, at - begin, false);
            }
            begin = at + 1;
        }
    }
    ground_listen();
}

static uint32_t honest, honest_answered; /* frames of the real ground */

/* The real ground: a session now and then, else a question or a command. */
static void be_honest(uint32_t number)
{
    uint8_t wire[256], payload[64];
    CONTROL(command, number, 1, RESUME);
    PING(ping, number);
    uint32_t length, bytes;

    ground_forget();
    if (ground_session.id == 0 || chance(10)) {
        uint64_t nonce = random_word();

        bytes = ground_make_hello(wire, number, nonce);
        record(wire + 1, bytes - 2, true);
        honest += ground_open_session(number, nonce) ? 1 : 0;
        record_answers();
        honest_answered++;
        ground_forget();
    }
    length = (uint32_t)xm__request__pack(chance(50) ? &ping : &command, payload);
    bytes = ground_make_frame(wire, ground_session.id, ++ground_session.counter,
                              &ground_session.to_board, payload, length);
    record(wire + 1, bytes - 2, false);
    fake_type(wire, bytes);
    honest++;
    fake_slot();
    record_answers();
    honest_answered += ground_last_reply(number) != NULL;
}

static void type_plain(uint8_t *plain, uint32_t bytes, bool seal)
{
    uint8_t wire[WIRE_BYTES] = { 0 };
    uint32_t count;

    if (seal) { /* a forger knows how to make a check sum */
        bytes_put_be32(plain + bytes - 4, frame_crc32c(plain, bytes - 4));
    }
    count = 1 + frame_cobs_encode(wire + 1, plain, bytes);
    wire[count++] = 0;
    fake_type(wire, count);
}

/* One hostile frame; true: it is a recorded Hello as it was, which is let in to be offered a
 * session that nobody can use. */
static bool attack(void)
{
    uint32_t from = random_word() % (recorded_count < RECORDED ? recorded_count : RECORDED);
    uint8_t plain[FRAME_BYTES(FRAME_TX_PAYLOAD) + 32];
    uint32_t bytes = recorded[from].bytes, kind = random_word() % 8;

    memcpy(plain, recorded[from].plain, bytes);
    plain[1] = FRAME_COMMAND; /* of either direction */
    if (kind == 0) {          /* as it was recorded */
        type_plain(plain, bytes, false);
        return recorded[from].hello;
    }
    if (kind == 1) { /* to the present session, with the next number */
        bytes_put_be32(plain + 4, ground_session.id);
        bytes_put_be32(plain + 8, ground_session.counter + 1 + random_word() % 3);
    } else if (kind == 2) { /* another number */
        bytes_put_be32(plain + 8, bytes_be32(plain + 8) + (random_word() | 1));
    } else if (kind == 3) { /* a random code */
        bytes_put_be32(plain + 4, chance(50) ? ground_session.id : 0);
        for (uint32_t i = 0; i < MAC_BYTES; i++) {
            plain[bytes - 20 + i] = (uint8_t)random_word();
        }
    } else if (kind == 4) { /* without a key */
        plain[3] = 0;
        bytes -= MAC_BYTES;
    } else if (kind == 5) { /* another session */
        bytes_put_be32(plain + 4, random_word() | 1);
    } else { /* some bytes changed, never to what they were */
        uint32_t at = 2 + random_word() % (bytes - 6);

        plain[at] ^= (uint8_t)(1 + random_word() % 255);
        if (chance(50)) {
            plain[(at + 1 < bytes - 4) ? at + 1 : at - 1] ^= (uint8_t)(1 + random_word() % 255);
        }
    }
    type_plain(plain, bytes, true);
    return false;
}

static bool nobody_without_the_key(uint32_t frames)
{
    struct link *link;
    uint32_t hellos = 0, good = 0, opened = 0, accepted;

    start_board();
    for (uint32_t n = 0; n < frames; n++) {
        if (n % 50 == 0) {
            be_honest(n + 1);
        }
        hellos += attack();
        if (n % 8 == 7) {
            fake_slot();
            record_answers();
        }
        if (n % 10000 == 9999) { /* a new boot: what was recorded before is of no use */
            fake_slot();
            link = link_at(0);
            good += link->counters.refused[FRAME_GOOD];
            opened += link->sessions.opened;
            fake_start_again(true);
            ground_session.id = 0;
        }
    }
    fake_slot();
    link = link_at(0);
    good += link->counters.refused[FRAME_GOOD];
    opened += link->sessions.opened;
    accepted = good - honest - hellos;
    return report(2, "C8 authentication", accepted == 0 && honest_answered == honest && opened != 0,
                  "%u hostile frames, %u of them recorded Hellos: %u accepted; %u of %u honest "
                  "frames answered, %u sessions",
                  (unsigned)frames, (unsigned)hellos, (unsigned)accepted, (unsigned)honest_answered,
                  (unsigned)honest, (unsigned)opened);
}

int main(int argc, char **argv)
{
    uint32_t commands = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
    uint32_t frames = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000;
    bool good;

    setvbuf(stdout, NULL, _IOLBF, 0);
    good = at_most_once(commands < C7_MOST ? commands : C7_MOST);
    good &= nobody_without_the_key(frames);
    return good ? 0 : 1;
}
