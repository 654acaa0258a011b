/* keycheck.c - keycheck FILE: would the supervisor take this key file?
 *
 * The build asks before it packs one: a board with a bad key file takes no frame. The same parser
 * decides. Prints what is wrong and ends with 1; says nothing if all is well. */
#include <stdio.h>
#include <string.h>

#include "keyfile.h"

int main(int argc, char **argv)
{
    static char text[KEYFILE_BYTES + 1];
    static struct keyfile keys;
    const char *refusal;
    FILE *file;
    size_t size;

    if (argc != 2) {
        fprintf(stderr, "keycheck: usage: keycheck FILE\n");
        return 2;
    }
    file = fopen(argv[1], "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot read it\n", argv[1]);
        return 1;
    }
    size = fread(text, 1, sizeof(text), file);
    (void)fclose(file);
    refusal = memchr(text, '\0', size) != NULL ? "it is no text"
                                               : keyfile_parse(text, (uint32_t)size, &keys);
    if (refusal != NULL) {
        fprintf(stderr, "%s:%u: %s\n", argv[1], (unsigned)keys.line, refusal);
        return 1;
    }
    return 0;
}
