# All but the planner run the same program.
SRC_1 := counter.c
SRC_2 := counter.c
SRC_3 := counter.c
SRC_4 := counter.c
SRC_5 := counter.c
SRC_6 := counter.c
SRC_7 := counter.c
SRC_8 := counter.c
SRC_9 := counter.c
SRC_10 := counter.c
SRC_11 := counter.c
SRC_12 := counter.c
SRC_13 := counter.c
SRC_14 := counter.c
SRC_15 := counter.c
