/* history.c - repeated commands, CommandStatus and CommandList (see history.h) */
#include "history.h"

#include "journal.h"
#include "keys.h"

#define COMMANDS_PER_REPLY 16u

/* A command's state, with the status message that it points to. */
struct command_report {
    Xm__CommandState state;
    Xm__Status status;
};

/* Codes of the hypervisor are negative, the supervisor's are not. */
static Xm__StatusDomain domain_of(int32_t code)
{
    return code < 0 ? XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR : XM__STATUS_DOMAIN__DOMAIN_SUPERVISOR;
}

/* What is known of how it went: a command that a reset cut off has no outcome. */
static int32_t code_of(const struct journal_command *command)
{
    return command->cut_off ? (int32_t)XM__STATUS_CODE__STATUS_UNCONFIRMED : command->code;
}

static Xm__Knowledge knowledge_of(const struct journal_command *command)
{
    if (journal_ended(command)) {
        return XM__KNOWLEDGE__FINISHED;
    }
    return command->cut_off ? XM__KNOWLEDGE__STARTED_NOT_CONFIRMED : XM__KNOWLEDGE__IN_PROGRESS;
}

static void report_command(const struct journal_command *command, struct command_report *report)
{
    Xm__CommandState *state = &report->state;

    xm__command_state__init(state);
    state->id = command->id;
    state->stage = command->stage;
    state->status = &report->status;
    xm__status__init(&report->status);
    report->status.code = code_of(command);
    report->status.domain = domain_of(report->status.code);
    state->operation = command->operation;
    state->board_time_us = command->time_us;
    state->boot_id = command->boot_id;
    state->session = command->session;
    state->knowledge = knowledge_of(command);
}

/* CommandStatus: what the board knows of one command. Where no session tells that a frame is late,
 * one that comes after it was told as never received is not carried out. */
void history_status(const struct asker *asker, const Xm__Request *request)
{
    const struct journal_command *command = journal_find(request->command_status->id);
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    struct command_report report;

    if (command != NULL) {
        report_command(command, &report);
    } else {
        xm__command_state__init(&report.state);
        report.state.id = request->command_status->id;
        report.state.knowledge = XM__KNOWLEDGE__NEVER_RECEIVED;
        if (keys_none()) {
            journal_make_void(request->command_status->id);
        }
    }
    reply->result_case = XM__REPLY__RESULT_COMMAND_STATE;
    reply->command_state = &report.state;
    reply_close();
}

/* CommandList: the commands that are here, newest first. */
void history_list(const struct asker *asker, const Xm__Request *request)
{
    static struct command_report reports[COMMANDS_PER_REPLY];
    static Xm__CommandState *states[COMMANDS_PER_REPLY];
    Xm__CommandStates list = XM__COMMAND_STATES__INIT;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    uint32_t first = request->command_list->first;

    list.total = journal_count();
    list.command = states;
    reply->result_case = XM__REPLY__RESULT_COMMAND_STATES;
    reply->command_states = &list;
    for (uint32_t i = 0; i < COMMANDS_PER_REPLY && first < list.total - i; i++) {
        report_command(journal_newest(first + i), &reports[i]);
        states[i] = &reports[i].state;
        list.n_command = i + 1;
        if (!reply_fits()) {
            list.n_command = i;
            break;
        }
    }
    reply_close();
}

/* A command that was here before is answered with its last reply, or, if a reset took that away,
 * with what the journal knows. */
static void answer_repeated(struct asker asker, const struct journal_command *command)
{
    if (command->length != 0) {
        (void)link_send(asker.link, FRAME_REPLY, command->reply, command->length);
        return;
    }
    asker.kept = false; /* it reaches no stage by being asked about */
    reply_open(&asker, command->cut_off ? XM__STAGE__STAGE_STARTED : command->stage);
    reply_set_status(domain_of(code_of(command)), code_of(command),
                     command->cut_off ? "begun before a reset of the board; nobody saw its effect"
                                      : "ended before a reset of the board");
    reply_close();
}

struct digest {
    ProtobufCBuffer buffer; /* first: protobuf-c hands back a pointer to it */
    uint32_t crc;
};

static void add_to_digest(ProtobufCBuffer *buffer, size_t length, const uint8_t *bytes)
{
    struct digest *digest = (struct digest *)(void *)buffer;

    digest->crc = frame_crc32c_more(digest->crc, bytes, (uint32_t)length);
}

/* Digest of what a request asks for. The token is left out: it says who may, not what. */
static uint32_t digest_of(Xm__Request *request)
{
    struct digest digest = { { add_to_digest }, 0 };
    uint32_t token = request->hazard_token;

    request->hazard_token = 0;
    (void)xm__request__pack_to_buffer(request, &digest.buffer);
    request->hazard_token = token;
    return digest.crc;
}

/* Enters a command that changes something in the journal; false: it is there already, or void, and
 * was answered. */
bool history_is_first(const struct asker *asker, Xm__Request *request, uint32_t session)
{
    const struct journal_command *command = journal_find(asker->id);
    struct asker other = { asker->link, asker->id, false };
    uint32_t digest = digest_of(request);

    if (command == NULL && journal_is_void(asker->id)) {
        reply_refuse(&other, XM__STATUS_CODE__STATUS_INVALID,
                     "you were told that it was never received: send it under a new id");
        return false;
    }
    if (command == NULL) {
        journal_open(asker->id, digest, (uint32_t)request->op_case, session);
        return true;
    }
    if (command->digest == digest) {
        answer_repeated(*asker, command);
    } else {
        reply_refuse(&other, XM__STATUS_CODE__STATUS_INVALID,
                     "this id was given to another command: a new command needs a new id");
    }
    return false;
}
