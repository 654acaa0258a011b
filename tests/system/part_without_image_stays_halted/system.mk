SRC_1 := none
