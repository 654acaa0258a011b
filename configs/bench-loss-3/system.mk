SRC_0 := reader.c
CFLAGS_0 := -DCOUNTERS=3
SRC_1 := counter.c
SRC_2 := counter.c
SRC_3 := counter.c
