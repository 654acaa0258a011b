SRC_0 := storm.c
SRC_1 := storm.c
