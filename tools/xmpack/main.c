/* xmpack - checks the executables of a system against its compiled configuration and packs them
 * into one container */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: xmpack build -h HYPERVISOR:CONF.xmc [-p ID:PARTITION[:CUSTOM]...]... CONTAINER\n"
    "       xmpack check CONF.xmc [-h HYPERVISOR:CONF.xmc] [-p ID:PARTITION[:CUSTOM]...]...\n"
    "       xmpack list CONTAINER\n"
    "       xmpack place CONF.xmc|CONTAINER BYTES\n"
    "\n"
    "Hypervisor and partitions are executables (ELF, or what xmeformat made of one). FILE@OFFSET "
    "puts a file's data at that\n"
    "hexadecimal offset of the container; #N stands for the N-th file named so far, from 0.\n"
    "\n"
    "build  checks everything and writes the container; a partition without -p stays halted\n"
    "check  the same checks, writes nothing\n"
    "list   prints every image of a container: addresses, sizes, entry, digest (status 2: "
    "damaged)\n"
    "place  prints where in RAM boot loader and container of so many bytes go\n";

/* Hypervisor, configuration, and per partition its image and custom files. */
#define NAMES_MAX IMAGE_FILES_MAX

struct request {
    const char *positional;
    uint32_t name_count; /* files in the order of the command line, for #N */
    const char *names[NAMES_MAX];
    struct pack_argument hypervisor;
    struct pack_argument partitions[XM_MAX_PARTITIONS];
};

_Noreturn static void wrong_usage(const char *why)
{
    fprintf(stderr, "xmpack: %s\n%s", why, usage);
    exit(2);
}

/* Cuts "@OFFSET" off the end of a file's name; 0 when there is none. An @ before anything else
 * belongs to the name. */
static uint32_t cut_offset(const char *option, char *text)
{
    char *at = strrchr(text, '@'), *end;
    if (!at || strspn(at + 1, "0123456789abcdefABCDEFxX") != strlen(at + 1)) {
        return 0;
    }
    unsigned long offset = strtoul(at + 1, &end, 16);
    if (end == at + 1 || *end != '\0' || offset == 0 || offset > UINT32_MAX) {
        refuse(
            "%s %s: %s is not an offset in the container; write @ and a hexadecimal number above 0",
            option, text, at);
    }
    *at = '\0';
    return (uint32_t)offset;
}

/* The file that one part of an option names. */
static const char *take_name(struct request *request, const char *option, const char *text)
{
    if (text[0] == '#') {
        char *end;
        unsigned long n = strtoul(text + 1, &end, 10);
        if (text[1] < '0' || text[1] > '9' || *end != '\0' || n >= request->name_count) {
            refuse("%s %s: no such file before it; %u were named, from #0", option, text,
                   request->name_count);
        }
        text = request->names[n];
    }
    if (request->name_count == NAMES_MAX) {
        refuse("more than %d files in one container", NAMES_MAX);
    }
    request->names[request->name_count++] = text;
    return text;
}

/* "a:b:c" to its parts. `option` is for the message only. */
static void split(struct request *request, const char *option, char *text, uint32_t parts_max,
                  struct pack_argument *argument)
{
    const char *whole = text;
    while (text) {
        char *colon = strchr(text, ':');
        if (colon) {
            *colon = '\0';
        }
        if (*text == '\0') {
            refuse("%s %s: an empty file name between colons", option, whole);
        }
        if (argument->file_count == parts_max) {
            refuse("%s %s: too many files; a partition takes at most %d custom files", option,
                   whole, CONFIG_MAX_NO_CUSTOMFILES);
        }
        argument->offsets[argument->file_count] = cut_offset(option, text);
        argument->files[argument->file_count++] = take_name(request, option, text);
        text = colon ? colon + 1 : NULL;
    }
    argument->given = true;
}

static void take_hypervisor(struct request *request, char *text)
{
    if (request->hypervisor.given) {
        refuse("-h is given twice; a system has one hypervisor");
    }
    split(request, "-h", text, 2 + CONFIG_MAX_NO_CUSTOMFILES, &request->hypervisor);
    if (request->hypervisor.file_count < 2) {
        refuse("-h %s: no configuration behind it; write -h %s:CONF.xmc", text, text);
    }
}

static void take_partition(struct request *request, char *text)
{
    char *colon = strchr(text, ':');
    if (!colon) {
        refuse("-p %s: no executable; write -p ID:PARTITION.elf", text);
    }
    *colon = '\0';
    char *end;
    unsigned long id = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || id >= XM_MAX_PARTITIONS) {
        refuse("-p %s: not a partition id; ids are 0..%d", text, XM_MAX_PARTITIONS - 1);
    }
    if (request->partitions[id].given) {
        refuse("-p %lu is given twice; a partition has one image", id);
    }
    split(request, "-p", colon + 1, 1 + CONFIG_MAX_NO_CUSTOMFILES, &request->partitions[id]);
}

static void take_arguments(struct request *request, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        bool hypervisor = strcmp(argv[i], "-h") == 0, partition = strcmp(argv[i], "-p") == 0;
        if ((hypervisor || partition) && i + 1 == argc) {
            wrong_usage("an option without its argument");
        }
        if (hypervisor) {
            take_hypervisor(request, argv[++i]);
        } else if (partition) {
            take_partition(request, argv[++i]);
        } else if (argv[i][0] == '-' || request->positional) {
            wrong_usage("an argument too many");
        } else {
            request->positional = argv[i];
        }
    }
    if (!request->positional) {
        wrong_usage("a file name is missing");
    }
}

static void check_partitions(const struct conf *conf, const struct request *request,
                             struct image *image)
{
    for (uint32_t id = 0; id < XM_MAX_PARTITIONS; id++) {
        bool configured = id < conf->head->partitions.count;
        if (request->partitions[id].given && !configured) {
            refuse("-p %u: %s has no such partition; its ids are 0..%u", id, conf->file.path,
                   conf->head->partitions.count - 1);
        }
        if (request->partitions[id].given) {
            check_partition(conf, id, &request->partitions[id], image);
        } else if (configured) {
            warn("%s has no image: it stays halted", conf_partition_text(conf, id));
        }
    }
    check_overlaps(conf, image);
}

static int build(const struct request *request)
{
    static struct conf conf;
    static struct image image;
    if (!request->hypervisor.given) {
        wrong_usage("build needs -h");
    }
    conf_read(request->hypervisor.files[1], &conf);
    check_hypervisor(&conf, &request->hypervisor, &image);
    check_partitions(&conf, request, &image);
    struct blob container = image_serialize(&image, request->positional);
    write_file(container.path, container.data, container.size);
    return 0;
}

static int check(const struct request *request)
{
    static struct conf conf;
    static struct image image;
    conf_read(request->positional, &conf);
    if (request->hypervisor.given) {
        struct conf other;
        conf_read(request->hypervisor.files[1], &other);
        if (other.file.size != conf.file.size ||
            memcmp(other.file.data, conf.file.data, conf.file.size) != 0) {
            refuse("%s and %s are different configurations; check against the one that is packed",
                   conf.file.path, other.file.path);
        }
        check_hypervisor(&conf, &request->hypervisor, &image);
    }
    check_partitions(&conf, request, &image);
    for (uint32_t i = 0; i < image.file_count; i++) {
        printf("ok %s\n", image.files[i].name);
    }
    return 0;
}

static int place(int argc, char **argv)
{
    static struct conf conf;
    char *end;
    unsigned long bytes = argc == 4 ? strtoul(argv[3], &end, 0) : 0;
    if (argc != 4 || *end != '\0' || bytes == 0 || bytes > 1ul << 30) {
        wrong_usage("place needs a configuration or a container, and a size in bytes");
    }
    struct blob file = read_file(argv[2]);
    conf_use(image_is_container(&file) ? image_configuration(&file) : file, &conf);
    printf("0x%08x\n", conf_place(&conf, (uint32_t)bytes));
    return 0;
}

int main(int argc, char **argv)
{
    static struct request request;
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "list") == 0 && argc == 3) {
        return image_list(argv[2]);
    }
    if (strcmp(command, "place") == 0) {
        return place(argc, argv);
    }
    bool building = strcmp(command, "build") == 0;
    if (!building && strcmp(command, "check") != 0) {
        wrong_usage("build, check, list or place");
    }
    take_arguments(&request, argc, argv);
    return building ? build(&request) : check(&request);
}
