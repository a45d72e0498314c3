/* The arithmetic of rating models: embedding rows that learn, and dense layers.

   Each function stands twice in the program, for every x86-64 or Arm processor and for those
   with AVX2 and FMA; the caller says which one runs. The two round differently, each is
   deterministic by itself. The plain forms, in double precision, stand in the tests. */
#ifndef RATING_KERNELS_H
#define RATING_KERNELS_H

#include <stdint.h>

/* All widths are whole registers of this many floats. */
#define RATING_LANES 8

/* Which of the two runs; RATING_AVX2 only where ledge_has_avx2 says so. */
typedef enum { RATING_PLAIN = 0, RATING_AVX2 = 1 } rating_code;

typedef enum { RATING_SGD = 0, RATING_ADAGRAD = 1, RATING_ADAM = 2 } rating_optimiser;

/* How weights move, with what changes from step to step tabulated for one epoch of T steps.

   Adam's untouched rows move on: Keras decays the moments of every row at every step. Between
   two touches, k steps apart, that is a closed form: with rho = beta1 / sqrt(beta2) and u the
   quotient of the moments at the last touch, the weight has moved by u times
   reach[s] - direction[k] reach[s + k], where reach[s] = sum over t > s of rates[t] rho^(t - s). */
typedef struct {
    rating_optimiser kind;
    float beta1, beta2, epsilon;
    const float *rates;     /* of step t, 1...T; Adam's with its correction of the bias */
    const float *reach;     /* 0...T */
    const float *first;     /* beta1^k, 0...short_count */
    const float *direction; /* rho^k, 0...short_count */
    const float *second;    /* beta2^k, 0...T */
    int32_t short_count;    /* beyond it beta1^k and rho^k are 0 */
} rating_schedule;

/* A table of embeddings with what its optimiser remembers.

   Row r is values[4 r width], four vectors of one width: the weights; the direction of the last
   change; the first and the second moment (Adagrad keeps its sum in the last). Between two
   batches no row is touched: places are -1. */
typedef struct {
    float *values;
    int32_t *steps;     /* the step up to which a row is; kept at 0 without Adam */
    int32_t *places;    /* a row's place among the touched, or -1 */
    int32_t *touched;   /* capacity: the rows of a batch */
    float *gradients;   /* of the touched rows, (capacity, width) */
    int32_t touched_count;
    int32_t width;
} rating_rows;

/* Brings the rows of a batch up to step - 1, clears their gradients and tells each one's place. */
void rating_rows_touch(rating_code code, rating_rows *rows, const int32_t *ids, int32_t count,
                       const rating_schedule *schedule, int32_t step, int32_t *places);

/* Moves the touched rows by their gradients; afterwards none is touched. */
void rating_rows_apply(rating_code code, rating_rows *rows, const rating_schedule *schedule,
                       int32_t step);

/* Brings every row up to the end of an epoch and begins to count from 0 again. */
void rating_rows_finish(rating_code code, rating_rows *rows, int32_t count,
                        const rating_schedule *schedule, int32_t step);

/* x[e] = weights of ids[e], from column 0 on; x has the given stride. */
void rating_rows_gather(rating_code code, const rating_rows *rows, const int32_t *ids,
                        int32_t count, float *x, int32_t stride);

/* gradients[places[e]] += dx[e] + decay * weights of ids[e]. */
void rating_rows_add(rating_code code, rating_rows *rows, const int32_t *ids,
                     const int32_t *places, int32_t count, const float *dx, int32_t stride,
                     float decay);

/* What turns two rows into a rating: mean + sum of p q over the factors, + p[bias] + q[bias].

   `factors` is 1 at the factors and 0 elsewhere; `biases` is 1 at the place of the bias, or 0
   everywhere for a model without. `decay` is 2 l2 at each column. All have one width. */
typedef struct {
    float mean;
    const float *factors, *biases, *decay;
} rating_dot_form;

/* One epoch's steps first...last - 1 of a dot model, batch by batch; the examples are in order.

   Returns the sum of the squared errors, each taken before its batch was learned. */
double rating_dot_steps(rating_code code, rating_rows *readers, rating_rows *items,
                        const rating_dot_form *form, const rating_schedule *schedule,
                        const int32_t *reader_ids, const int32_t *item_ids, const float *ratings,
                        int32_t example_count, int32_t batch, int32_t first, int32_t last,
                        int32_t *scratch);

/* predictions[e] of a dot model. */
void rating_dot_predict(rating_code code, const rating_rows *readers, const rating_rows *items,
                        const rating_dot_form *form, const int32_t *reader_ids,
                        const int32_t *item_ids, int32_t count, float *predictions);

/* y = x w + b, then max(0, y) if `relu`; x (rows, ins), w (ins, outs), b (outs), y (rows, outs). */
void rating_dense(rating_code code, const float *x, int32_t rows, int32_t ins, const float *w,
                  const float *b, int32_t outs, int32_t relu, float *y);

/* dw = x^T dy, db = the column sums of dy. */
void rating_dense_weights(rating_code code, const float *x, const float *dy, int32_t rows,
                          int32_t ins, int32_t outs, float *dw, float *db);

/* dx = dy w^T, with `transposed` for the scratch (outs, ins); 0 where the mask x is not positive,
   unless x is null. */
void rating_dense_inputs(rating_code code, const float *dy, int32_t rows, int32_t outs,
                         const float *w, int32_t ins, const float *x, float *transposed,
                         float *dx);

/* Moves a dense tensor: weights (n), both moments (n), gradients (n). */
void rating_move(rating_code code, float *w, float *m, float *v, const float *g, int32_t n,
                 const rating_schedule *schedule, int32_t step);

#endif
