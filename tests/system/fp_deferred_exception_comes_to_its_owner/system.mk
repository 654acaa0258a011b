SRC_0 := user.c
SRC_1 := user.c
SRC_2 := keeper.c
