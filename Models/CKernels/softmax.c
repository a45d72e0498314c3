#include "CKernels.h"

#include <math.h>

/* A multiplication followed by an addition may be rounded once: where FMA exists, it is free. */
#pragma STDC FP_CONTRACT ON

int ledge_has_avx2(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

#define NAME(x) x##_plain
#define FLOATS floats_plain
#define WHOLES wholes_plain
#define TARGET
#define LANES 4
#include "softmax_body.h"
#undef NAME
#undef FLOATS
#undef WHOLES
#undef TARGET
#undef LANES

#define NAME(x) x##_avx2
#define FLOATS floats_avx2
#define WHOLES wholes_avx2
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
#else
#define TARGET
#endif
#define LANES 8
#include "softmax_body.h"
