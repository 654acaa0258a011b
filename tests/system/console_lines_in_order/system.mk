SRC_0 := lines.c
SRC_1 := lines.c
SRC_2 := keeper.c
