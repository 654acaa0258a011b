/* probe.c - QEMU plugin: counts executed instructions and notes when the processor enters and
 * leaves the kernel
 *
 * Loaded by bench.py with
 *   -plugin probe.so,out=FILE,kernel_end=ADDRESS,marks=FILE[,from=COUNT,to=COUNT]
 * The kernel is [0x40000000, kernel_end); its first 4 KiB are the trap table, one entry every 16
 * bytes. `marks` lists further addresses, one hexadecimal number a line. Each record of the output,
 * in the host's byte order, says how many instructions were executed before the one at `pc`. From
 * the `from`th instruction up to the `to`th each one is noted.
 *
 * Callbacks run before the instruction, once per executed instruction, also under -icount; so
 * differences of counts are exact, whatever the length of QEMU's translation blocks. Time that the
 * processor spends in power-down counts nothing.
 *
 * QEMU installs no header for its plugin interface in Debian; the few functions needed are declared
 * here. They are the same from version 1 (QEMU 6 to 8) to version 4 (QEMU 9.2); PLUGIN_VERSION is
 * what this object claims to be. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_START 0x40000000u
#define VECTORS_END 0x40001000u
#define MAX_MARKS 4096

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*trans_cb)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*exec_cb)(unsigned int vcpu, void *data);
typedef void (*exit_cb)(uint64_t id, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, trans_cb cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_cb cb, int flags,
                                            void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, exit_cb cb, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

extern const int qemu_plugin_version;
const int qemu_plugin_version = PLUGIN_VERSION;

enum kind { ENTER, LEAVE, MARK, STEP };

struct record {
    uint64_t count;
    uint32_t pc;
    uint32_t kind;
};

static FILE *out;
static uint64_t count;
static uint64_t from_count, to_count;
static bool in_kernel;
static uint32_t kernel_end;
static uint32_t marks[MAX_MARKS];
static size_t mark_count;

static void note(uintptr_t pc, enum kind kind)
{
    struct record r = { .count = count, .pc = (uint32_t)pc, .kind = (uint32_t)kind };

    if (fwrite(&r, sizeof r, 1, out) != 1) {
        fprintf(stderr, "probe: cannot write the records: is the disk full?\n");
        exit(1);
    }
}

static void step(const void *pc)
{
    if (count >= from_count && count < to_count) {
        note((uintptr_t)pc, STEP);
    }
    count++;
}

static void on_kernel(unsigned int vcpu, void *data)
{
    (void)vcpu;
    in_kernel = true;
    step(data);
}

static void on_vector(unsigned int vcpu, void *data)
{
    (void)vcpu;
    note((uintptr_t)data, ENTER);
    in_kernel = true;
    step(data);
}

static void on_other(unsigned int vcpu, void *data)
{
    (void)vcpu;
    if (in_kernel) {
        in_kernel = false;
        note((uintptr_t)data, LEAVE);
    }
    step(data);
}

/* Registered before the callback of the instruction itself, which counts it. */
static void on_mark(unsigned int vcpu, void *data)
{
    (void)vcpu;
    note((uintptr_t)data, MARK);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t pc = (uint32_t)qemu_plugin_insn_vaddr(insn);
        void *data = (void *)(uintptr_t)pc;
        exec_cb cb = on_other;

        if (pc >= KERNEL_START && pc < kernel_end) {
            cb = pc < VECTORS_END && pc % 16 == 0 ? on_vector : on_kernel;
        }
        if (bsearch(&pc, marks, mark_count, sizeof pc, compare) != NULL) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, 0, data);
        }
        qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, 0, data);
    }
}

static void on_exit_of_qemu(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    note(0, MARK); /* the total */
    fclose(out);
}

static bool read_marks(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        return false;
    }
    while (mark_count < MAX_MARKS && fscanf(file, "%" SCNx32, &marks[mark_count]) == 1) {
        mark_count++;
    }
    fclose(file);
    qsort(marks, mark_count, sizeof marks[0], compare);
    return true;
}

/* Called by QEMU. 0, or 1 with a message: QEMU then ends. */
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "wb");
        } else if (strncmp(argv[i], "kernel_end=", 11) == 0) {
            kernel_end = (uint32_t)strtoul(argv[i] + 11, NULL, 16);
        } else if (strncmp(argv[i], "from=", 5) == 0) {
            from_count = strtoull(argv[i] + 5, NULL, 10);
        } else if (strncmp(argv[i], "to=", 3) == 0) {
            to_count = strtoull(argv[i] + 3, NULL, 10);
        } else if (strncmp(argv[i], "marks=", 6) == 0 && !read_marks(argv[i] + 6)) {
            fprintf(stderr, "probe: cannot read %s\n", argv[i] + 6);
            return 1;
        }
    }
    if (out == NULL || kernel_end == 0) {
        fprintf(stderr, "probe: needs out= (a file that can be written) and kernel_end=\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
    return 0;
}
