SRC_0 := keeper.c
SRC_1 := nested.c
SRC_2 := nested.c
SRC_3 := nested.c
