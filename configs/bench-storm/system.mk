# Whoever computes only.
SRC_5 := watch.c
