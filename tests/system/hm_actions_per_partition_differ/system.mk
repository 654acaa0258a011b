SRC_0 := keeper.c
SRC_1 := culprit.c
SRC_2 := culprit.c
SRC_3 := culprit.c
SRC_4 := culprit.c
SRC_5 := culprit.c
