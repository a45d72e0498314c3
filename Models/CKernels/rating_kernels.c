#include "CKernels.h"

typedef float lanes __attribute__((vector_size(RATING_LANES * sizeof(float))));
typedef int32_t masks __attribute__((vector_size(RATING_LANES * sizeof(float))));
typedef float loose_lanes
    __attribute__((vector_size(RATING_LANES * sizeof(float)), aligned(sizeof(float))));

/* Vectors are passed between functions that are inlined only, so no convention is at stake. */
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINE static inline __attribute__((always_inline))

#define LOAD(address) ((lanes)*(const loose_lanes *)(address))
#define STORE(address, value) (*(loose_lanes *)(address) = (loose_lanes)(value))

#define NAME(name) plain_##name
#include "rating_kernels_body.h"
#undef NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(name) avx2_##name
#include "rating_kernels_body.h"
#undef NAME
#pragma clang attribute pop

#define CALL(name, ...) \
    (code == RATING_AVX2 ? avx2_##name(__VA_ARGS__) : plain_##name(__VA_ARGS__))
#else
#define CALL(name, ...) ((void)code, plain_##name(__VA_ARGS__))
#endif

void rating_rows_touch(rating_code code, rating_rows *rows, const int32_t *ids, int32_t count,
                       const rating_schedule *schedule, int32_t step, int32_t *places) {
    CALL(rows_touch, rows, ids, count, schedule, step, places);
}

void rating_rows_apply(rating_code code, rating_rows *rows, const rating_schedule *schedule,
                       int32_t step) {
    CALL(rows_apply, rows, schedule, step);
}

void rating_rows_finish(rating_code code, rating_rows *rows, int32_t count,
                        const rating_schedule *schedule, int32_t step) {
    CALL(rows_finish, rows, count, schedule, step);
}

void rating_rows_gather(rating_code code, const rating_rows *rows, const int32_t *ids,
                        int32_t count, float *x, int32_t stride) {
    CALL(rows_gather, rows, ids, count, x, stride);
}

void rating_rows_add(rating_code code, rating_rows *rows, const int32_t *ids,
                     const int32_t *places, int32_t count, const float *dx, int32_t stride,
                     float decay) {
    CALL(rows_add, rows, ids, places, count, dx, stride, decay);
}

double rating_dot_steps(rating_code code, rating_rows *readers, rating_rows *items,
                        const rating_dot_form *form, const rating_schedule *schedule,
                        const int32_t *reader_ids, const int32_t *item_ids, const float *ratings,
                        int32_t example_count, int32_t batch, int32_t first, int32_t last,
                        int32_t *scratch) {
    return CALL(dot_steps, readers, items, form, schedule, reader_ids, item_ids, ratings,
                example_count, batch, first, last, scratch);
}

void rating_dot_predict(rating_code code, const rating_rows *readers, const rating_rows *items,
                        const rating_dot_form *form, const int32_t *reader_ids,
                        const int32_t *item_ids, int32_t count, float *predictions) {
    CALL(dot_predict, readers, items, form, reader_ids, item_ids, count, predictions);
}

void rating_dense(rating_code code, const float *x, int32_t rows, int32_t ins, const float *w,
                  const float *b, int32_t outs, int32_t relu, float *y) {
    CALL(dense, x, rows, ins, w, b, outs, relu, y);
}

void rating_dense_weights(rating_code code, const float *x, const float *dy, int32_t rows,
                          int32_t ins, int32_t outs, float *dw, float *db) {
    CALL(dense_weights, x, dy, rows, ins, outs, dw, db);
}

void rating_dense_inputs(rating_code code, const float *dy, int32_t rows, int32_t outs,
                         const float *w, int32_t ins, const float *x, float *transposed,
                         float *dx) {
    CALL(dense_inputs, dy, rows, outs, w, ins, x, transposed, dx);
}

void rating_move(rating_code code, float *w, float *m, float *v, const float *g, int32_t n,
                 const rating_schedule *schedule, int32_t step) {
    CALL(move, w, m, v, g, n, schedule, step);
}
