SRC_0 := eight.c
SRC_1 := eight.c
SRC_2 := eight.c
SRC_3 := eight.c
SRC_4 := eight.c
SRC_5 := eight.c
SRC_6 := eight.c
SRC_7 := eight.c
