SRC_0 := victim.c
SRC_1 := tester.c
SRC_2 := tester.c
SRC_3 := victim.c
SRC_4 := medic.c
SRC_5 := none
