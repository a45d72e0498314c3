/* Included twice by rating_kernels.c, with NAME giving each copy its own names. */

INLINE float NAME(sum)(lanes x) {
    return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/* The change for a gradient, before the rate; m and v are the optimiser's memory. */
INLINE lanes NAME(direction)(lanes g, lanes *m, lanes *v, const rating_schedule *s) {
    switch (s->kind) {
    case RATING_ADAM:
        *m += (g - *m) * (1 - s->beta1);
        *v += (g * g - *v) * (1 - s->beta2);
        return *m / (__builtin_elementwise_sqrt(*v) + s->epsilon);
    case RATING_ADAGRAD:
        *v += g * g;
        return g / (__builtin_elementwise_sqrt(*v) + s->epsilon);
    default: return g;
    }
}

/* Where an untouched row would be after the steps up to `step`. */
INLINE void NAME(catch_up)(float *row, int32_t width, int32_t from, int32_t step,
                                  const rating_schedule *s) {
    int32_t missed = step - from;
    if (missed == 0) return;
    int32_t near = missed < s->short_count ? missed : s->short_count;
    float first = s->first[near], direction = s->direction[near], second = s->second[missed];
    float reach = s->reach[from] - direction * s->reach[step];
    for (int32_t k = 0; k < width; k += RATING_LANES) {
        float *w = row + k, *u = w + width, *m = u + width, *v = m + width;
        lanes last = LOAD(u);
        STORE(w, LOAD(w) - reach * last);
        STORE(u, direction * last);
        STORE(m, first * LOAD(m));
        STORE(v, second * LOAD(v));
    }
}

/* How far ahead of its use a row is asked for. */
enum { NAME(ahead) = 12 };

static void NAME(rows_touch)(rating_rows *rows, const int32_t *ids, int32_t count,
                             const rating_schedule *s, int32_t step, int32_t *places) {
    int32_t width = rows->width, touched = rows->touched_count;
    for (int32_t e = 0; e < count; e++) {
        /* Callers keep this many ids readable after the last one. */
        const char *next = (const char *)(rows->values + (int64_t)ids[e + NAME(ahead)] * 4 * width);
        for (int32_t byte = 0; byte < width * 16; byte += 64) __builtin_prefetch(next + byte, 1);
        int32_t id = ids[e], place = rows->places[id];
        if (place < 0) {
            place = touched++;
            rows->places[id] = place;
            rows->touched[place] = id;
            if (s->kind == RATING_ADAM) {
                NAME(catch_up)(rows->values + (int64_t)id * 4 * width, width, rows->steps[id],
                               step - 1, s);
                rows->steps[id] = step;
            }
            float *g = rows->gradients + place * width;
            for (int32_t k = 0; k < width; k += RATING_LANES) STORE(g + k, (lanes){0});
        }
        places[e] = place;
    }
    rows->touched_count = touched;
}

static void NAME(rows_apply)(rating_rows *rows, const rating_schedule *schedule, int32_t step) {
    /* A copy, for the compiler cannot know that weights are not part of the schedule. */
    const rating_schedule copy = *schedule, *s = &copy;
    int32_t width = rows->width;
    float rate = s->rates[step];
    for (int32_t place = 0; place < rows->touched_count; place++) {
        int32_t id = rows->touched[place];
        rows->places[id] = -1;
        const float *g = rows->gradients + place * width;
        float *row = rows->values + (int64_t)id * 4 * width;
        for (int32_t k = 0; k < width; k += RATING_LANES) {
            float *w = row + k, *u = w + width, *m = u + width, *v = m + width;
            lanes first = LOAD(m), second = LOAD(v);
            lanes last = NAME(direction)(LOAD(g + k), &first, &second, s);
            STORE(w, LOAD(w) - rate * last);
            STORE(u, last);
            STORE(m, first);
            STORE(v, second);
        }
    }
    rows->touched_count = 0;
}

static void NAME(rows_finish)(rating_rows *rows, int32_t count, const rating_schedule *s,
                              int32_t step) {
    if (s->kind != RATING_ADAM) return;
    for (int32_t id = 0; id < count; id++) {
        NAME(catch_up)(rows->values + (int64_t)id * 4 * rows->width, rows->width, rows->steps[id],
                       step, s);
        rows->steps[id] = 0;
    }
}

static void NAME(rows_gather)(const rating_rows *rows, const int32_t *ids, int32_t count,
                              float *x, int32_t stride) {
    int32_t width = rows->width;
    for (int32_t e = 0; e < count; e++) {
        const float *w = rows->values + (int64_t)ids[e] * 4 * width;
        for (int32_t k = 0; k < width; k += RATING_LANES)
            STORE(x + (int64_t)e * stride + k, LOAD(w + k));
    }
}

static void NAME(rows_add)(rating_rows *rows, const int32_t *ids, const int32_t *places,
                           int32_t count, const float *dx, int32_t stride, float decay) {
    int32_t width = rows->width;
    for (int32_t e = 0; e < count; e++) {
        const float *w = rows->values + (int64_t)ids[e] * 4 * width;
        float *g = rows->gradients + places[e] * width;
        for (int32_t k = 0; k < width; k += RATING_LANES)
            STORE(g + k, LOAD(g + k) + (LOAD(dx + (int64_t)e * stride + k) + decay * LOAD(w + k)));
    }
}

INLINE float NAME(dot_rating)(const float *p, const float *q, int32_t width,
                                     const rating_dot_form *f) {
    lanes sums = {0};
    for (int32_t k = 0; k < width; k += RATING_LANES) {
        lanes other = LOAD(q + k), biases = LOAD(f->biases + k);
        sums += LOAD(p + k) * (other * LOAD(f->factors + k) + biases);
        sums += other * biases;
    }
    return f->mean + NAME(sum)(sums);
}

static double NAME(dot_gradients)(rating_rows *readers, rating_rows *items,
                                  const rating_dot_form *f, const int32_t *reader_ids,
                                  const int32_t *item_ids, const int32_t *reader_places,
                                  const int32_t *item_places, const float *ratings,
                                  int32_t count) {
    int32_t width = readers->width;
    float share = 1.0f / (float)count;
    double loss = 0;
    for (int32_t e = 0; e < count; e++) {
        const float *p = readers->values + (int64_t)reader_ids[e] * 4 * width;
        const float *q = items->values + (int64_t)item_ids[e] * 4 * width;
        float *dp = readers->gradients + reader_places[e] * width;
        float *dq = items->gradients + item_places[e] * width;
        float error = NAME(dot_rating)(p, q, width, f) - ratings[e];
        float slope = 2 * error * share;
        loss += (double)error * error;
        for (int32_t k = 0; k < width; k += RATING_LANES) {
            lanes mine = LOAD(p + k), other = LOAD(q + k);
            lanes factors = LOAD(f->factors + k), biases = LOAD(f->biases + k);
            lanes decay = LOAD(f->decay + k) * share;
            STORE(dp + k, LOAD(dp + k) + (slope * (other * factors + biases) + decay * mine));
            STORE(dq + k, LOAD(dq + k) + (slope * (mine * factors + biases) + decay * other));
        }
    }
    return loss;
}

static double NAME(dot_steps)(rating_rows *readers, rating_rows *items, const rating_dot_form *f,
                              const rating_schedule *s, const int32_t *reader_ids,
                              const int32_t *item_ids, const float *ratings,
                              int32_t example_count, int32_t batch, int32_t first, int32_t last,
                              int32_t *scratch) {
    int32_t *reader_places = scratch, *item_places = scratch + batch;
    double loss = 0;
    for (int32_t step = first; step < last; step++) {
        int64_t from = (int64_t)(step - 1) * batch;
        int32_t count = batch < example_count - from ? batch : (int32_t)(example_count - from);
        NAME(rows_touch)(readers, reader_ids + from, count, s, step, reader_places);
        NAME(rows_touch)(items, item_ids + from, count, s, step, item_places);
        loss += NAME(dot_gradients)(readers, items, f, reader_ids + from, item_ids + from,
                                    reader_places, item_places, ratings + from, count);
        NAME(rows_apply)(readers, s, step);
        NAME(rows_apply)(items, s, step);
    }
    return loss;
}

static void NAME(dot_predict)(const rating_rows *readers, const rating_rows *items,
                              const rating_dot_form *f, const int32_t *reader_ids,
                              const int32_t *item_ids, int32_t count, float *predictions) {
    int32_t width = readers->width;
    for (int32_t e = 0; e < count; e++)
        predictions[e] = NAME(dot_rating)(readers->values + (int64_t)reader_ids[e] * 4 * width,
                                          items->values + (int64_t)item_ids[e] * 4 * width,
                                          width, f);
}

/* c = a b, one tile: 4 rows and 2 registers of columns; a's element (r, k) is a[r * row + k * col],
   so that the same tile serves x w and x^T dy. Rows and registers beyond the end repeat the last
   one; what they give is stored there again. */
INLINE void NAME(tile)(const float *a, int64_t row, int64_t col, const float *b,
                              int64_t stride, int32_t depth, int32_t rows, int32_t registers,
                              const float *start, int32_t relu, float *c) {
    const float *a0 = a, *a1 = a + (rows > 1 ? row : 0), *a2 = rows > 2 ? a + 2 * row : a1,
                *a3 = rows > 3 ? a + 3 * row : a2;
    int64_t right = registers > 1 ? RATING_LANES : 0;
    lanes s0 = start ? LOAD(start) : (lanes){0}, t0 = start ? LOAD(start + right) : (lanes){0};
    lanes s1 = s0, s2 = s0, s3 = s0, t1 = t0, t2 = t0, t3 = t0;
    for (int32_t k = 0; k < depth; k++) {
        lanes l = LOAD(b + k * stride), r = LOAD(b + k * stride + right);
        int64_t at = k * col;
        s0 += a0[at] * l;
        t0 += a0[at] * r;
        s1 += a1[at] * l;
        t1 += a1[at] * r;
        s2 += a2[at] * l;
        t2 += a2[at] * r;
        s3 += a3[at] * l;
        t3 += a3[at] * r;
    }
    if (relu) {
        lanes zero = {0};
        s0 = __builtin_elementwise_max(s0, zero), t0 = __builtin_elementwise_max(t0, zero);
        s1 = __builtin_elementwise_max(s1, zero), t1 = __builtin_elementwise_max(t1, zero);
        s2 = __builtin_elementwise_max(s2, zero), t2 = __builtin_elementwise_max(t2, zero);
        s3 = __builtin_elementwise_max(s3, zero), t3 = __builtin_elementwise_max(t3, zero);
    }
    float *c1 = c + (rows > 1 ? stride : 0), *c2 = rows > 2 ? c + 2 * stride : c1,
          *c3 = rows > 3 ? c + 3 * stride : c2;
    STORE(c + right, t0), STORE(c, s0);
    STORE(c1 + right, t1), STORE(c1, s1);
    STORE(c2 + right, t2), STORE(c2, s2);
    STORE(c3 + right, t3), STORE(c3, s3);
}

/* c (rows, columns) = start + a b, b (depth, columns). */
INLINE void NAME(product)(const float *a, int64_t row, int64_t col, const float *b,
                                 int32_t depth, int32_t rows, int32_t columns, const float *start,
                                 int32_t relu, float *c) {
    for (int32_t j = 0; j < columns; j += 2 * RATING_LANES) {
        int32_t registers = columns - j > RATING_LANES ? 2 : 1;
        for (int32_t i = 0; i < rows; i += 4)
            NAME(tile)(a + i * row, row, col, b + j, columns, depth, rows - i, registers,
                       start ? start + j : 0, relu, c + (int64_t)i * columns + j);
    }
}

static void NAME(dense)(const float *x, int32_t rows, int32_t ins, const float *w, const float *b,
                        int32_t outs, int32_t relu, float *y) {
    NAME(product)(x, ins, 1, w, ins, rows, outs, b, relu, y);
}

static void NAME(dense_weights)(const float *x, const float *dy, int32_t rows, int32_t ins,
                                int32_t outs, float *dw, float *db) {
    NAME(product)(x, 1, ins, dy, rows, ins, outs, 0, 0, dw);
    for (int32_t j = 0; j < outs; j += RATING_LANES) {
        lanes sums = {0};
        for (int32_t r = 0; r < rows; r++) sums += LOAD(dy + (int64_t)r * outs + j);
        STORE(db + j, sums);
    }
}

/* Pairs, then fours, then eights change places. */
INLINE void NAME(transpose)(const float *from, int64_t from_stride, float *to,
                            int64_t to_stride) {
    lanes r[RATING_LANES], s[RATING_LANES];
    for (int32_t k = 0; k < RATING_LANES; k++) r[k] = LOAD(from + k * from_stride);
    for (int32_t k = 0; k < RATING_LANES; k += 2) {
        s[k] = __builtin_shufflevector(r[k], r[k + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        s[k + 1] = __builtin_shufflevector(r[k], r[k + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int32_t k = 0; k < RATING_LANES; k += 4)
        for (int32_t j = k; j < k + 2; j++) {
            r[j] = __builtin_shufflevector(s[j], s[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            r[j + 2] = __builtin_shufflevector(s[j], s[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int32_t j = 0; j < 4; j++) {
        STORE(to + j * to_stride,
              __builtin_shufflevector(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11));
        STORE(to + (j + 4) * to_stride,
              __builtin_shufflevector(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15));
    }
}

static void NAME(dense_inputs)(const float *dy, int32_t rows, int32_t outs, const float *w,
                               int32_t ins, const float *x, float *transposed, float *dx) {
    for (int32_t i = 0; i < ins; i += RATING_LANES)
        for (int32_t o = 0; o < outs; o += RATING_LANES)
            NAME(transpose)(w + (int64_t)i * outs + o, outs, transposed + (int64_t)o * ins + i,
                            ins);
    NAME(product)(dy, outs, 1, transposed, outs, rows, ins, 0, 0, dx);
    if (!x) return;
    for (int64_t k = 0; k < (int64_t)rows * ins; k += RATING_LANES)
        STORE(dx + k, (lanes)((LOAD(x + k) > 0) & (masks)LOAD(dx + k)));
}

static void NAME(move)(float *w, float *m, float *v, const float *g, int32_t n,
                       const rating_schedule *schedule, int32_t step) {
    const rating_schedule copy = *schedule, *s = &copy;
    float rate = s->rates[step];
    for (int32_t k = 0; k < n; k += RATING_LANES) {
        lanes first = LOAD(m + k), second = LOAD(v + k);
        lanes direction = NAME(direction)(LOAD(g + k), &first, &second, s);
        STORE(w + k, LOAD(w + k) - rate * direction);
        STORE(m + k, first);
        STORE(v + k, second);
    }
}
