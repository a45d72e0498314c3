/* Small dense systems of least squares: included once for each instruction set, with
 *
 *   NAME(x)   the name of x in this form
 *   TARGET    what functions are compiled for
 *   LANES     floats in a register
 *   FLOATS    the type of a register
 *   LOW_HALVES, HIGH_HALVES  the floats of two registers in turn, from their low or high halves
 *
 * Matrices are row-major, and every row is `stride` floats long, a multiple of 8: what is beyond the
 * matrix is 0, so that no loop has a remainder. */

typedef float FLOATS __attribute__((vector_size(4 * LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define AT(p) (*(FLOATS *)(p))
#define CONST_AT(p) (*(const FLOATS *)(p))

TARGET INLINE float NAME(dot)(const float *x, const float *y, size_t stride) {
    FLOATS sums = {0};
    for (size_t j = 0; j < stride; j += LANES) sums += CONST_AT(x + j) * CONST_AT(y + j);
    float sum = 0;
    for (size_t i = 0; i < LANES; i++) sum += sums[i];
    return sum;
}

/* WIDE registers of ROWS rows of out = left right: element (r, k) of the left factor stands at
 * left[r * left_row + k * left_column]. Eight or more sums keep the multipliers busy. */
#define TILE(ROWS, WIDE, FIRST)                                                                    \
    do {                                                                                           \
        FLOATS sums[ROWS][WIDE];                                                                   \
        for (size_t r = 0; r < ROWS; r++)                                                          \
            for (size_t w = 0; w < WIDE; w++) sums[r][w] = (FLOATS){0};                            \
        for (size_t k = 0; k < depth; k++) {                                                       \
            FLOATS columns[WIDE];                                                                  \
            for (size_t w = 0; w < WIDE; w++)                                                      \
                columns[w] = CONST_AT(right + k * stride + j + w * LANES);                         \
            for (size_t r = 0; r < ROWS; r++) {                                                    \
                float factor = left[(FIRST + r) * left_row + k * left_column];                     \
                for (size_t w = 0; w < WIDE; w++) sums[r][w] += factor * columns[w];               \
            }                                                                                      \
        }                                                                                          \
        for (size_t r = 0; r < ROWS; r++)                                                          \
            for (size_t w = 0; w < WIDE; w++)                                                      \
                AT(out + (FIRST + r) * stride + j + w * LANES) = sums[r][w];                       \
    } while (0)

TARGET INLINE void NAME(eight_rows)(
    const float *left, size_t left_row, size_t left_column, const float *right, size_t depth,
    size_t from, size_t stride, float *out
) {
    size_t j = from;
    for (; j + 3 * LANES <= stride; j += 3 * LANES) {
        TILE(4, 3, 0);
        TILE(4, 3, 4);
    }
    if (j + 2 * LANES <= stride) {
        TILE(4, 2, 0);
        TILE(4, 2, 4);
    } else if (j + LANES <= stride) {
        TILE(8, 1, 0);
    }
}

/* The upper triangle of M^T M and a little below it; M has `depth` rows, the result `stride`. */
TARGET void NAME(ledge_gramian)(const float *m, size_t depth, size_t stride, float *out) {
    for (size_t i = 0; i < stride; i += 8)
        NAME(eight_rows)(m + i, 1, stride, m, depth, i, stride, out + i * stride);
}

/* rows V: `count` rows, a multiple of 8, times a square matrix of `stride` rows. */
TARGET void NAME(ledge_rows_times)(
    const float *rows, size_t count, const float *v, size_t stride, float *out
) {
    size_t depth = stride;
    for (size_t i = 0; i < count; i += 8)
        NAME(eight_rows)(rows + i * stride, stride, 1, v, depth, 0, stride, out + i * stride);
}

/* A becomes U with A = U^T U (Cholesky), four pivots at a time so that a row behind them is loaded
 * and stored once for four subtractions. No eigenvalue is below 1. */
TARGET static void NAME(factorise)(float *a, size_t n, size_t stride) {
    for (size_t k = 0; k < n; k += 4) {
        size_t end = k + 4 < n ? k + 4 : n;
        for (size_t p = k; p < end; p++) {
            float *row = a + p * stride;
            float root = sqrtf(row[p] > 1 ? row[p] : 1);
            FLOATS scale = (FLOATS){0} + 1 / root;
            for (size_t j = p / LANES * LANES; j < stride; j += LANES) AT(row + j) *= scale;
            row[p] = root;
            for (size_t i = p + 1; i < end; i++) {
                FLOATS factor = (FLOATS){0} + row[i];
                for (size_t j = i / LANES * LANES; j < stride; j += LANES)
                    AT(a + i * stride + j) -= factor * CONST_AT(row + j);
            }
        }
        if (end < k + 4) return;
        const float *p0 = a + k * stride, *p1 = p0 + stride, *p2 = p1 + stride, *p3 = p2 + stride;
        for (size_t i = end; i < n; i++) {
            FLOATS f0 = (FLOATS){0} + p0[i], f1 = (FLOATS){0} + p1[i];
            FLOATS f2 = (FLOATS){0} + p2[i], f3 = (FLOATS){0} + p3[i];
            float *row = a + i * stride;
            for (size_t j = i / LANES * LANES; j < stride; j += LANES)
                AT(row + j) -= (f0 * CONST_AT(p0 + j) + f1 * CONST_AT(p1 + j))
                    + (f2 * CONST_AT(p2 + j) + f3 * CONST_AT(p3 + j));
        }
    }
}

/* Solves A x = b for an A as `factorise` wants it; b becomes x and is `stride` long. */
TARGET void NAME(ledge_solve)(float *a, float *b, size_t n, size_t stride) {
    NAME(factorise)(a, n, stride);
    for (size_t i = 0; i < n; i++) {
        const float *row = a + i * stride;
        size_t j = (i + LANES) / LANES * LANES;
        b[i] /= row[i];
        for (size_t k = i + 1; k < j; k++) b[k] -= b[i] * row[k];
        FLOATS factor = (FLOATS){0} + b[i];
        for (; j < stride; j += LANES) AT(b + j) -= factor * CONST_AT(row + j);
    }
    for (size_t i = n; i-- > 0;) {
        const float *row = a + i * stride;
        size_t j = (i + LANES) / LANES * LANES;
        float rest = NAME(dot)(row + j, b + j, stride - j);
        for (size_t k = i + 1; k < j; k++) rest += row[k] * b[k];
        b[i] = (b[i] - rest) / row[i];
    }
}

/* Rows lie anywhere in a table that is larger than the caches: they are asked for in time. */
TARGET INLINE void NAME(expect_rows)(
    const int32_t *places, size_t i, size_t n, const float *factors, size_t stride
) {
    enum { line_floats = 16 };
    for (size_t end = i + LANES < n ? i + LANES : n; i < end; i++)
        for (size_t k = 0; k < stride; k += line_floats)
            __builtin_prefetch(factors + (size_t)places[i] * stride + k);
}

/* Rows become columns: each stage of a perfect shuffle halves the distance they have to go. */
TARGET INLINE void NAME(transpose)(FLOATS block[LANES]) {
    for (size_t stage = 1; stage < LANES; stage *= 2) {
        FLOATS next[LANES];
        for (size_t i = 0; i < LANES / 2; i++) {
            next[2 * i] = LOW_HALVES(block[i], block[i + LANES / 2]);
            next[2 * i + 1] = HIGH_HALVES(block[i], block[i + LANES / 2]);
        }
        for (size_t i = 0; i < LANES; i++) block[i] = next[i];
    }
}

/* See CKernels.h. */
TARGET float NAME(ledge_least_squares)(
    const int32_t *places, const float *weights, size_t n, const float *factors,
    const float *diagonal, size_t stride, float *scratch, float *x
) {
    int is_dual = n < stride;
    size_t m = is_dual ? n : stride, side = (m + 7) / 8 * 8;
    float *s = scratch, *system = s + (n > side ? n : side) * stride, *c = system + side * side;
    float *b = c + (n + 7) / 8 * 8, *roots = b + side;
    for (size_t k = 0; k < stride; k += LANES)
        AT(roots + k) = 1 / __builtin_elementwise_sqrt(CONST_AT(diagonal + k));
    for (size_t i = 0; i < n; i++) c[i] = sqrtf(weights[i]);
    for (size_t i = 0; i < n; i += LANES) {
        /* S, for the dual case turned round, shape (stride, side): both multiply M^T M. */
        const float *rows[LANES];
        FLOATS scales[LANES];
        for (size_t r = 0; r < LANES; r++) {
            rows[r] = factors + (size_t)places[i + r < n ? i + r : i] * stride;
            scales[r] = (FLOATS){0} + (i + r < n ? c[i + r] : 0);
        }
        NAME(expect_rows)(places, i + LANES, n, factors, stride);
        for (size_t k = 0; k < stride; k += LANES) {
            FLOATS block[LANES];
            for (size_t r = 0; r < LANES; r++)
                block[r] = CONST_AT(rows[r] + k) * CONST_AT(roots + k) * scales[r];
            if (is_dual) NAME(transpose)(block);
            for (size_t r = 0; r < LANES; r++) {
                if (is_dual) AT(s + (k + r) * side + i) = block[r];
                else if (i + r < n) AT(s + (i + r) * stride + k) = block[r];
            }
        }
    }
    if (is_dual && (n + LANES - 1) / LANES * LANES < side)
        for (size_t k = 0; k < stride; k++)
            memset(s + k * side + side - LANES, 0, LANES * sizeof(float));
    NAME(ledge_gramian)(s, is_dual ? stride : n, side, system);
    for (size_t i = 0; i < side; i++) system[i * side + i] += 1;
    memset(b, 0, side * sizeof(float));
    float explained = 0;
    if (is_dual) {
        memcpy(b, c, n * sizeof(float));
        NAME(ledge_solve)(system, b, n, side);
        for (size_t i = 0; i < n; i++) explained += c[i] * (c[i] - b[i]);
        for (size_t k = 0; k < stride; k++) x[k] = roots[k] * NAME(dot)(s + k * side, b, side);
    } else {
        for (size_t i = 0; i < n; i++) {
            FLOATS factor = (FLOATS){0} + c[i];
            for (size_t k = 0; k < stride; k += LANES)
                AT(b + k) += factor * CONST_AT(s + i * stride + k);
        }
        memcpy(x, b, stride * sizeof(float));
        NAME(ledge_solve)(system, b, stride, stride);
        explained = NAME(dot)(x, b, stride);
        for (size_t k = 0; k < stride; k++) x[k] = roots[k] * b[k];
    }
    return explained;
}

#undef INLINE
#undef AT
#undef CONST_AT
#undef TILE
