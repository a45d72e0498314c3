/* Many small systems of least squares: included once for each instruction set, with
 *
 *   NAME(x)   the name of x in this form
 *   TARGET    what functions are compiled for
 *   LANES     floats in a register
 *   FLOATS    the type of a register
 *
 * Matrices are row-major, and every row is `stride` floats long, a multiple of 8: what is beyond the
 * matrix is 0, so that no loop has a remainder. */

typedef float FLOATS __attribute__((vector_size(4 * LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define AT(p) (*(FLOATS *)(p))
#define CONST_AT(p) (*(const FLOATS *)(p))

TARGET INLINE float NAME(sum)(FLOATS floats) {
    float sum = 0;
    for (size_t i = 0; i < LANES; i++) sum += floats[i];
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

/* The next rows lie anywhere in a table larger than the caches: they are asked for in time. */
TARGET INLINE void NAME(expect_rows)(
    const int32_t *places, size_t from, size_t n, const float *factors, size_t stride
) {
    enum { line_floats = 16 };
    for (size_t i = from; i < from + rows_together && i < n; i++)
        for (size_t k = 0; k < stride; k += line_floats)
            __builtin_prefetch(factors + (size_t)places[i] * stride + k);
}

/* out = sum over i of c_i (target - y_i . v) y_i; returns the sum of c_i (target - y_i . v)^2.
 *
 * A group of rows is read twice at once, for its products and for its sum: the second time it is
 * in the first cache. */
TARGET INLINE float NAME(weigh)(
    const int32_t *places, const float *weights, size_t n, const float *factors, size_t stride,
    float target, const float *v, float *out
) {
    float squares = 0;
    memset(out, 0, stride * sizeof(float));
    for (size_t i = 0; i < n; i += rows_together) {
        const float *rows[rows_together];
        FLOATS products[rows_together];
        FLOATS factor[rows_together];
        NAME(expect_rows)(places, i + rows_together, n, factors, stride);
        for (size_t r = 0; r < rows_together; r++) {
            rows[r] = factors + (size_t)places[i + r < n ? i + r : i] * stride;
            products[r] = (FLOATS){0};
        }
        for (size_t k = 0; k < stride; k += LANES)
            for (size_t r = 0; r < rows_together; r++)
                products[r] += CONST_AT(v + k) * CONST_AT(rows[r] + k);
        for (size_t r = 0; r < rows_together; r++) {
            float weight = i + r < n ? weights[i + r] : 0;
            float error = target - NAME(sum)(products[r]);
            squares += weight * error * error;
            factor[r] = (FLOATS){0} + weight * error;
        }
        for (size_t k = 0; k < stride; k += LANES) {
            FLOATS sum = CONST_AT(out + k);
            for (size_t r = 0; r < rows_together; r++) sum += factor[r] * CONST_AT(rows[r] + k);
            AT(out + k) = sum;
        }
    }
    return squares;
}

/* See CKernels.h. The letters of Golub and Van Loan, section 11.5: r the residual, p the direction,
 * q = A p for the system's matrix A; `length` is r . D^-1 r. */
TARGET float NAME(ledge_least_squares)(
    const int32_t *places, const float *weights, size_t n, const float *factors,
    const float *diagonal, size_t stride, size_t steps, float *scratch, float *x
) {
    float *r = scratch, *p = r + stride, *q = p + stride;
    float loss = NAME(weigh)(places, weights, n, factors, stride, 1, x, r);
    FLOATS penalty = {0}, lengths = {0};
    for (size_t k = 0; k < stride; k += LANES) {
        FLOATS d = CONST_AT(diagonal + k), xk = CONST_AT(x + k);
        penalty += d * xk * xk;
        FLOATS rk = CONST_AT(r + k) - d * xk;
        AT(r + k) = rk;
        AT(p + k) = rk / d;
        lengths += rk * rk / d;
    }
    loss += NAME(sum)(penalty);
    float length = NAME(sum)(lengths), enough = length * ledge_least_squares_share;
    for (size_t step = 0; step < steps && length > enough; step++) {
        NAME(weigh)(places, weights, n, factors, stride, 0, p, q);
        FLOATS curvatures = {0};
        for (size_t k = 0; k < stride; k += LANES) {
            /* With the target 0, q has become -sum of c (y . p) y. */
            FLOATS pk = CONST_AT(p + k), qk = CONST_AT(diagonal + k) * pk - CONST_AT(q + k);
            AT(q + k) = qk;
            curvatures += pk * qk;
        }
        float alpha = length / NAME(sum)(curvatures);
        FLOATS move = (FLOATS){0} + alpha, next = {0};
        for (size_t k = 0; k < stride; k += LANES) {
            AT(x + k) += move * CONST_AT(p + k);
            FLOATS rk = CONST_AT(r + k) - move * CONST_AT(q + k);
            AT(r + k) = rk;
            next += rk * rk / CONST_AT(diagonal + k);
        }
        loss -= alpha * length;
        float shorter = NAME(sum)(next);
        FLOATS turn = (FLOATS){0} + shorter / length;
        for (size_t k = 0; k < stride; k += LANES)
            AT(p + k) = CONST_AT(r + k) / CONST_AT(diagonal + k) + turn * CONST_AT(p + k);
        length = shorter;
    }
    return loss;
}

#undef INLINE
#undef AT
#undef CONST_AT
#undef TILE
