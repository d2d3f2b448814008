/* The same checks in the precision of the program, with its vector kernels. */
#include "test_winograd.c"
