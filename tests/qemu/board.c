/* board.c - memory and registers of the board, by commands on the first UART
 *
 * The tests decide on the host what is read and written; the accesses are the processor's. A line holds commands with
 * commas between them, numbers are hexadecimal. They run together after the whole line has come, so that what has to
 * follow within microseconds does. The answer is one line with the values read.
 *
 *   r ADDRESS              read a word
 *   w ADDRESS VALUE        write a word
 *   u ADDRESS MASK VALUE   read until the word under the mask has the value; a second at most, then "timeout"
 *   t                      microseconds
 *   f ADDRESS COUNT WORD*  fill memory as the line comes; alone on its line
 *   d ADDRESS COUNT        dump words
 *   e ADDRESS COUNT        echo COUNT bytes of the UART at ADDRESS
 */
typedef unsigned int u32;

#define UART 0x80000100u
#define UART_DATA 0x0u
#define UART_STATUS 0x4u
#define UART_STATUS_DR 0x1u

#define TIMER_COUNT 0x80000310u /* runs down, 1 MHz */
#define TIMEOUT_US 1000000u

#define COMMANDS 64

struct command {
    char name;
    u32 value[3];
};

void board_main(void);

static u32 load(u32 address)
{
    return *(volatile u32 *)address;
}

static void store(u32 address, u32 value)
{
    *(volatile u32 *)address = value;
}

static u32 microseconds(void)
{
    return ~load(TIMER_COUNT);
}

static void put(char c)
{
    store(UART + UART_DATA, (u32)(unsigned char)c);
}

static void put_string(const char *s)
{
    while (*s != '\0') {
        put(*s++);
    }
}

static void put_word(u32 value)
{
    put(' ');
    for (int shift = 28; shift >= 0; shift -= 4) {
        put("0123456789abcdef"[(value >> shift) & 15]);
    }
}

static u32 get_from(u32 uart)
{
    while ((load(uart + UART_STATUS) & UART_STATUS_DR) == 0) {
    }
    return load(uart + UART_DATA);
}

static char get(void)
{
    return (char)get_from(UART);
}

/* A hexadecimal number; *end is the character after it. */
static u32 get_word(char *end)
{
    u32 value = 0;

    for (;;) {
        char c = get();

        if (c >= '0' && c <= '9') {
            value = value << 4 | (u32)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (u32)(c - 'a' + 10);
        } else {
            *end = c;
            return value;
        }
    }
}

static char fill(void)
{
    char end;
    u32 address = get_word(&end);
    u32 count = get_word(&end);

    for (u32 i = 0; i < count; i++) {
        store(address + 4 * i, get_word(&end));
    }
    return end;
}

static void wait_until(u32 address, u32 mask, u32 value)
{
    u32 start = microseconds();

    while ((load(address) & mask) != value) {
        if (microseconds() - start > TIMEOUT_US) {
            put_string(" timeout");
            return;
        }
    }
}

static void execute(const struct command *c)
{
    switch (c->name) {
    case 'r':
        put_word(load(c->value[0]));
        break;
    case 'w':
        store(c->value[0], c->value[1]);
        break;
    case 'u':
        wait_until(c->value[0], c->value[1], c->value[2]);
        break;
    case 't':
        put_word(microseconds());
        break;
    case 'd':
        for (u32 i = 0; i < c->value[1]; i++) {
            put_word(load(c->value[0] + 4 * i));
        }
        break;
    case 'e':
        for (u32 i = 0; i < c->value[1]; i++) {
            store(c->value[0] + UART_DATA, get_from(c->value[0]));
        }
        break;
    default:
        put_string(" unknown");
        break;
    }
}

/* One line of commands; those of a fill come and go without being kept. Returns how many there are. */
static u32 get_commands(struct command *commands)
{
    u32 count = 0;
    char end = ',';

    while (end != '\n') {
        struct command *c = &commands[count < COMMANDS ? count : COMMANDS - 1];

        c->name = get();
        end = get();
        if (c->name == 'f') {
            end = fill();
            continue;
        }
        for (u32 i = 0; i < 3 && end == ' '; i++) {
            c->value[i] = get_word(&end);
        }
        count++;
    }
    return count < COMMANDS ? count : COMMANDS;
}

void board_main(void)
{
    static struct command commands[COMMANDS];

    put_string("ready\n");
    for (;;) {
        u32 count = get_commands(commands);

        for (u32 i = 0; i < count; i++) {
            execute(&commands[i]);
        }
        put('\n');
    }
}
