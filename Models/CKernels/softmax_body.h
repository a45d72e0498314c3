/* One block of rows of an in-batch softmax: included once for each instruction set, with
 *
 *   NAME(x)         the name of x in this form
 *   TARGET          what functions are compiled for
 *   LANES           floats in a register
 *   FLOATS, WHOLES  the types of a register
 *
 * Letters as in SoftmaxBlock.swift: d dimensions, Q queries, C candidates, Z logits, P probabilities.
 * Both sets have sixteen registers: twelve sums of four rows, three loads and a factor. */

typedef float FLOATS __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t WHOLES __attribute__((vector_size(4 * LANES), aligned(4)));

#define WIDE 3
#define INLINE static inline __attribute__((always_inline))

struct NAME(block) {
    const float *queries;
    const int32_t *targets;
    float *query_gradients, *candidate_gradients, *scratch;
    size_t scratch_stride, count;
};

TARGET INLINE FLOATS NAME(splat)(float x) { return (FLOATS){0} + x; }

TARGET INLINE float NAME(sum)(FLOATS x) {
    float sum = 0;
    for (size_t i = 0; i < LANES; i++) sum += x[i];
    return sum;
}

/* z[r, j] = sum over k of q[r, k] C[k, j] for four rows and WIDE registers of a panel. */
TARGET INLINE void NAME(logits_tile)(
    const float *const q[4], const float *c, size_t d, float *const z[4], size_t at
) {
    FLOATS sums[4][WIDE];
    for (size_t r = 0; r < 4; r++)
        for (size_t w = 0; w < WIDE; w++) sums[r][w] = NAME(splat)(0);
    for (size_t k = 0; k < d; k++) {
        FLOATS column[WIDE];
        for (size_t w = 0; w < WIDE; w++)
            column[w] = *(const FLOATS *)(c + k * ledge_panel + w * LANES);
        for (size_t r = 0; r < 4; r++) {
            FLOATS query = NAME(splat)(q[r][k]);
            for (size_t w = 0; w < WIDE; w++) sums[r][w] += query * column[w];
        }
    }
    for (size_t r = 0; r < 4; r++)
        for (size_t w = 0; w < WIDE; w++) *(FLOATS *)(z[r] + at + w * LANES) = sums[r][w];
}

TARGET static void NAME(logits)(
    const ledge_candidates *candidates, const float *const q[4], float *const z[4]
) {
    size_t d = candidates->dimensions;
    for (size_t panel = 0; panel < candidates->panels; panel++)
        for (size_t j = 0; j < ledge_panel; j += WIDE * LANES)
            NAME(logits_tile)(
                q, candidates->columns + panel * d * ledge_panel + j, d, z,
                panel * ledge_panel + j);
}

/* exp(x) = 2^k exp(r), as VectorKernels.exponentials has it; x is at most 0. */
TARGET INLINE FLOATS NAME(exponential)(FLOATS x) {
    const float smallest = -87.336f, shift = 12582912.0f;
    WHOLES tiny = x < smallest;
    FLOATS clamped = __builtin_elementwise_max(x, NAME(splat)(smallest));
    FLOATS shifted = clamped * 1.44269504f + shift;
    FLOATS k = shifted - shift;
    FLOATS r = (clamped - k * 0.693359375f) - k * -2.1219444e-4f;
    FLOATS p = NAME(splat)(1.0f / 5040);
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1;
    p = p * r + 1;
    WHOLES exponent = ((WHOLES)shifted - 0x4B400000 + 127) << 23;
    FLOATS power = p * (FLOATS)exponent;
    return (FLOATS)((WHOLES)power & ~tiny);
}

/* Turns a row of logits into P - Y and returns its loss. */
TARGET static double NAME(normalise)(
    float *z, size_t target, const ledge_candidates *candidates
) {
    size_t n = candidates->panels * ledge_panel;
    float target_logit = z[target];
    FLOATS tops = *(const FLOATS *)z;
    for (size_t j = LANES; j < n; j += LANES)
        tops = __builtin_elementwise_max(tops, *(const FLOATS *)(z + j));
    float top = tops[0];
    for (size_t i = 1; i < LANES; i++) top = tops[i] > top ? tops[i] : top;

    FLOATS shift = NAME(splat)(top), sums = NAME(splat)(0);
    for (size_t j = 0; j < n; j += LANES) {
        FLOATS power = NAME(exponential)(*(const FLOATS *)(z + j) - shift)
            * *(const FLOATS *)(candidates->multiplicity + j);
        *(FLOATS *)(z + j) = power;
        sums += power;
    }
    float sum = NAME(sum)(sums);
    if (candidates->counts_target_once) {
        float once = z[target] / candidates->multiplicity[target];
        sum += once - z[target];
        z[target] = once;
    }
    FLOATS scale = NAME(splat)(1 / sum);
    for (size_t j = 0; j < n; j += LANES) *(FLOATS *)(z + j) *= scale;
    z[target] -= 1;
    return (double)top + log((double)sum) - (double)target_logit;
}

/* dq[r, k] = sum over j of p[r, j] C[k, j] for four rows and `wide` dimensions from c on. */
TARGET INLINE void NAME(query_tile)(
    float *const p[4], const float *c, const ledge_candidates *candidates, float *const dq[4],
    size_t at, size_t wide
) {
    FLOATS sums[4][WIDE];
    for (size_t r = 0; r < 4; r++)
        for (size_t w = 0; w < wide; w++) sums[r][w] = NAME(splat)(0);
    for (size_t panel = 0; panel < candidates->panels; panel++)
        for (size_t j = 0; j < ledge_panel; j += LANES) {
            const float *columns = c + panel * candidates->dimensions * ledge_panel + j;
            FLOATS column[WIDE];
            for (size_t w = 0; w < wide; w++)
                column[w] = *(const FLOATS *)(columns + w * ledge_panel);
            for (size_t r = 0; r < 4; r++) {
                FLOATS probability = *(const FLOATS *)(p[r] + panel * ledge_panel + j);
                for (size_t w = 0; w < wide; w++) sums[r][w] += probability * column[w];
            }
        }
    for (size_t r = 0; r < 4; r++)
        for (size_t w = 0; w < wide; w++) dq[r][at + w] = NAME(sum)(sums[r][w]);
}

TARGET static void NAME(query_gradients)(
    const ledge_candidates *candidates, float *const p[4], float *const dq[4]
) {
    size_t d = candidates->dimensions, k = 0;
    const float *c = candidates->columns;
    for (; k + WIDE <= d; k += WIDE)
        NAME(query_tile)(p, c + k * ledge_panel, candidates, dq, k, WIDE);
    for (; k < d; k++) NAME(query_tile)(p, c + k * ledge_panel, candidates, dq, k, 1);
}

/* dC[k, j] += sum over r of q[r, k] p[r, j] for `deep` dimensions and WIDE registers of a panel. */
TARGET INLINE void NAME(candidate_tile)(
    const struct NAME(block) *block, size_t d, size_t k, size_t at, float *dc, size_t deep
) {
    const float *q = block->queries + k, *p = block->scratch + at;
    FLOATS sums[4][WIDE];
    for (size_t i = 0; i < deep; i++)
        for (size_t w = 0; w < WIDE; w++)
            sums[i][w] = *(const FLOATS *)(dc + i * ledge_panel + w * LANES);
    for (size_t r = 0; r < block->count; r++, q += d, p += block->scratch_stride) {
        FLOATS probability[WIDE];
        for (size_t w = 0; w < WIDE; w++) probability[w] = *(const FLOATS *)(p + w * LANES);
        for (size_t i = 0; i < deep; i++) {
            FLOATS query = NAME(splat)(q[i]);
            for (size_t w = 0; w < WIDE; w++) sums[i][w] += query * probability[w];
        }
    }
    for (size_t i = 0; i < deep; i++)
        for (size_t w = 0; w < WIDE; w++)
            *(FLOATS *)(dc + i * ledge_panel + w * LANES) = sums[i][w];
}

TARGET static void NAME(candidate_gradients)(
    const ledge_candidates *candidates, const struct NAME(block) *block
) {
    size_t d = candidates->dimensions;
    for (size_t panel = 0; panel < candidates->panels; panel++)
        for (size_t j = 0; j < ledge_panel; j += WIDE * LANES) {
            float *dc = block->candidate_gradients + panel * d * ledge_panel + j;
            size_t at = panel * ledge_panel + j, k = 0;
            for (; k + 4 <= d; k += 4)
                NAME(candidate_tile)(block, d, k, at, dc + k * ledge_panel, 4);
            for (; k < d; k++) NAME(candidate_tile)(block, d, k, at, dc + k * ledge_panel, 1);
        }
}

TARGET static double NAME(block)(
    const ledge_candidates *candidates, const struct NAME(block) *block
) {
    size_t d = candidates->dimensions, stride = block->scratch_stride;
    double loss = 0;
    for (size_t first = 0; first < block->count; first += 4) {
        const float *q[4];
        float *z[4], *dq[4];
        size_t end = first + 4 < block->count ? first + 4 : block->count;
        for (size_t r = 0; r < 4; r++) {
            /* Rows beyond the last repeat it: they compute the same and store it once more. */
            size_t row = first + r < end ? first + r : end - 1;
            q[r] = block->queries + row * d;
            z[r] = block->scratch + row * stride;
            dq[r] = block->query_gradients + row * d;
        }
        NAME(logits)(candidates, q, z);
        for (size_t row = first; row < end; row++)
            loss += NAME(normalise)(
                block->scratch + row * stride, (size_t)block->targets[row], candidates);
        NAME(query_gradients)(candidates, z, dq);
    }
    NAME(candidate_gradients)(candidates, block);
    return loss;
}

TARGET double NAME(ledge_softmax)(
    ledge_candidates candidates, const float *queries, const int32_t *targets, size_t count,
    float *query_gradients, float *candidate_gradients, float *scratch, size_t scratch_stride
) {
    size_t d = candidates.dimensions;
    double loss = 0;
    for (size_t first = 0; first < count; first += ledge_block_rows) {
        size_t left = count - first;
        struct NAME(block) block = {
            queries + first * d, targets + first, query_gradients + first * d,
            candidate_gradients, scratch, scratch_stride,
            left < ledge_block_rows ? left : ledge_block_rows,
        };
        loss += NAME(block)(&candidates, &block);
    }
    return loss;
}

#undef WIDE
#undef INLINE
