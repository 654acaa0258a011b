SRC_0 := stepped.c round.S
SRC_1 := other.S
