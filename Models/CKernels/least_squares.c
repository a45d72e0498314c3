#include "CKernels.h"

#include <string.h>

/* A multiplication followed by an addition may be rounded once: where FMA exists, it is free. */
#pragma STDC FP_CONTRACT ON

/* Rows whose sums run side by side, so that none waits for the other's. */
enum { rows_together = 4 };

/* A residual this much shorter than the first is only rounding. */
static const float ledge_least_squares_share = 1e-12f;

#define NAME(x) x##_plain
#define FLOATS floats_plain
#define TARGET
#define LANES 4
#include "least_squares_body.h"
#undef NAME
#undef FLOATS
#undef TARGET
#undef LANES

#define NAME(x) x##_avx2
#define FLOATS floats_avx2
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
#else
#define TARGET
#endif
#define LANES 8
#include "least_squares_body.h"
