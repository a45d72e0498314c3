#include "CKernels.h"

#include <math.h>
#include <string.h>

/* A multiplication followed by an addition may be rounded once: where FMA exists, it is free. */
#pragma STDC FP_CONTRACT ON

#define NAME(x) x##_plain
#define FLOATS floats_plain
#define TARGET
#define LANES 4
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#include "least_squares_body.h"
#undef NAME
#undef FLOATS
#undef TARGET
#undef LANES
#undef LOW_HALVES
#undef HIGH_HALVES

#define NAME(x) x##_avx2
#define FLOATS floats_avx2
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
#else
#define TARGET
#endif
#define LANES 8
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#include "least_squares_body.h"
