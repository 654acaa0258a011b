/* endianess.h - words of files in target byte order: SPARC is big-endian, so nothing is swapped */
#ifndef LIBXM_ENDIANESS_H
#define LIBXM_ENDIANESS_H

#define RWORD(x) (x)
#define RHALF(x) (x)
#define RDWORD(x) (x)

#endif
