#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "rating_kernels.h"
#include "scan_kernels.h"

/* Kernels that want AVX2 where the processor has it, in a program that runs where it has not.
 *
 * Swift compiles a module for one instruction set, and the portable one for x86 stops at SSE2: half
 * the width, no fused multiplication. C can say for each function what it is compiled for. So each
 * kernel is one source, `*_body.h`, which is compiled twice; `Models/Kernels` chooses at run time
 * and holds the plain form that tests compare with. Arguments are never checked here. */

/* Whether the `_avx2` forms may be called. */
int ledge_has_avx2(void);

/* Columns that lie together: three registers of eight floats. */
enum { ledge_panel = 24 };

/* The candidates of a batch; see SoftmaxBlock.swift. */
typedef struct {
    /* Shape (panels, dimensions, ledge_panel), so that a panel is one run of memory. A column that
     * stands for no candidate repeats one that does: no logit may be larger than the candidates'. */
    const float *columns;
    /* Shape (panels, ledge_panel): how often a column counts, 0 if it stands for no candidate. */
    const float *multiplicity;
    size_t panels;
    size_t dimensions;
    int counts_target_once; /* else a target counts as often as its multiplicity says */
} ledge_candidates;

/* Rows that are computed together: their logits and the candidates share the second cache. */
enum { ledge_block_rows = 16 };

/* Loss and gradients of `count` rows.
 *
 * queries              shape (count, dimensions)
 * targets              shape (count): each row's own column
 * query_gradients      shape (count, dimensions): is overwritten
 * candidate_gradients  shape of the columns: is added to
 * scratch              shape (ledge_block_rows, scratch_stride); the stride is at least
 *                      panels x ledge_panel, and best no multiple of 1,024
 *
 * Returns the sum of the rows' losses, in nats. */
double ledge_softmax_plain(
    ledge_candidates candidates, const float *queries, const int32_t *targets, size_t count,
    float *query_gradients, float *candidate_gradients, float *scratch, size_t scratch_stride);
double ledge_softmax_avx2(
    ledge_candidates candidates, const float *queries, const int32_t *targets, size_t count,
    float *query_gradients, float *candidate_gradients, float *scratch, size_t scratch_stride);

/* Many small systems of least squares; see LeastSquaresKernel.swift. A stride is a multiple of 8.
 *
 * ledge_gramian        M^T M for an M of `depth` rows: shape (stride, stride); the upper triangle is
 *                      right, what is below it may be anything
 * ledge_rows_times     rows V for `count` rows, a multiple of 8, and a V of shape (stride, stride)
 * ledge_least_squares  moves x towards the least loss of the n rows y of the factors at `places`,
 *                          sum of c (1 - x . y)^2 + x . D x,
 *                      by so many steps of conjugate gradients with the preconditioner D; returns
 *                      the loss of the x that it leaves. The scratch has room for 3 stride floats. */
void ledge_gramian_plain(const float *m, size_t depth, size_t stride, float *out);
void ledge_rows_times_plain(
    const float *rows, size_t count, const float *v, size_t stride, float *out);
float ledge_least_squares_plain(
    const int32_t *places, const float *weights, size_t n, const float *factors,
    const float *diagonal, size_t stride, size_t steps, float *scratch, float *x);
void ledge_gramian_avx2(const float *m, size_t depth, size_t stride, float *out);
void ledge_rows_times_avx2(
    const float *rows, size_t count, const float *v, size_t stride, float *out);
float ledge_least_squares_avx2(
    const int32_t *places, const float *weights, size_t n, const float *factors,
    const float *diagonal, size_t stride, size_t steps, float *scratch, float *x);

#endif
