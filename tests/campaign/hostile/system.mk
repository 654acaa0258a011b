# The supervisor is the product's own; KEYS says whether it has a key.
SRC_1 := worker.c
SRC_2 := worker.c
