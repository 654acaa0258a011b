SRC_0 := keeper.c
SRC_1 := overflow.c
SRC_2 := overflow.c
SRC_3 := overflow.c
SRC_4 := overflow.c
