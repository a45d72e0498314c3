#include "CKernels.h"

#include <math.h>
#include <string.h>

/* The whole number that an estimate must exceed for its row to be able to reach the threshold.

   One is taken off for the rounding of this division itself. A threshold or bound that is not
   finite gives a limit that every row exceeds: then all of them are scored. */
static inline int64_t limit_of(const scan_block *block, const scan_query *query, double threshold) {
    const double error = query->residual_factor * block->residual
                       + query->length_factor * block->length + query->slack;
    const double limit = floor((threshold - error) / (block->scale * query->unit)) - 1;
    if (!(limit > INT32_MIN)) return INT32_MIN;
    return limit < INT32_MAX ? (int64_t)limit : INT32_MAX;
}

/* Rows from here on are too short: |score| <= |query| |row|, up to rounding. */
static inline int is_out_of_reach(const scan_block *block, const scan_query *query,
                                  double threshold) {
    return query->length * block->length * (1 + 1e-9) + query->length_factor * block->length
         + query->slack < threshold;
}

/* -SCAN_SHIFT times the sum of a chunk's codes: what the shift of the table's codes adds. */
static inline int32_t shift_of(const uint16_t *pairs, size_t count) {
    int32_t sum = 0;
    for (size_t p = 0; p < count; p++) sum += (int8_t)(pairs[p] & 255) + (int8_t)(pairs[p] >> 8);
    return -SCAN_SHIFT * sum;
}

/* The sums of one chunk for a group of rows; a word of codes is one row's pair. */
static inline void chunk_sums_plain(const uint8_t *codes, const uint16_t *pairs, size_t count,
                                    int32_t *totals) {
    uint16_t sums[SCAN_LANES], words[SCAN_LANES];
    const uint16_t shift = (uint16_t)shift_of(pairs, count);
    for (size_t lane = 0; lane < SCAN_LANES; lane++) sums[lane] = shift;
    for (size_t p = 0; p < count; p++, codes += sizeof words) {
        const uint16_t first = (uint16_t)(int8_t)(pairs[p] & 255);
        const uint16_t second = (uint16_t)(int8_t)(pairs[p] >> 8);
        memcpy(words, codes, sizeof words);
        for (size_t lane = 0; lane < SCAN_LANES; lane++)
            sums[lane] += (uint16_t)(first * (words[lane] & 255) + second * (words[lane] >> 8));
    }
    for (size_t lane = 0; lane < SCAN_LANES; lane++) totals[lane] += (int16_t)sums[lane];
}

static void sums_plain(const uint8_t *codes, const scan_query *query, int32_t *sums) {
    memset(sums, 0, SCAN_ROWS * sizeof *sums);
    for (size_t group = 0; group < SCAN_ROWS / SCAN_LANES; group++) {
        for (size_t from = 0; from < query->pair_count; from += SCAN_CHUNK_PAIRS) {
            const size_t left = query->pair_count - from;
            const size_t count = left < SCAN_CHUNK_PAIRS ? left : SCAN_CHUNK_PAIRS;
            chunk_sums_plain(codes, query->pairs + from, count, sums + group * SCAN_LANES);
            codes += count * 2 * SCAN_LANES;
        }
    }
}

size_t scan_next_plain(const uint8_t *codes, const scan_block *blocks, size_t first, size_t last,
                       const scan_query *query, double threshold, int32_t *sums, uint64_t *rows) {
    const size_t block_bytes = query->pair_count * 2 * SCAN_ROWS;
    for (size_t block = first; block < last; block++) {
        if (is_out_of_reach(&blocks[block], query, threshold)) return last;
        const int64_t limit = limit_of(&blocks[block], query, threshold);
        sums_plain(codes + block * block_bytes, query, sums);
        uint64_t found = 0;
        for (size_t row = 0; row < SCAN_ROWS; row++)
            found |= (uint64_t)(sums[row] > limit || limit == INT32_MIN) << row;
        if (found) {
            *rows = found;
            return block;
        }
    }
    return last;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))

typedef struct {
    __m256i group[SCAN_ROWS / SCAN_LANES];
} sums16;

/* The sums of one chunk for the four groups of a block. */
AVX2 static inline sums16 chunk_sums(const uint8_t *codes, size_t group_bytes,
                                     const uint16_t *pairs, size_t count, __m256i shift) {
    sums16 sums = {{shift, shift, shift, shift}};
    for (size_t p = 0; p < count; p++) {
        const __m256i query = _mm256_set1_epi16((short)pairs[p]);
        const uint8_t *at = codes + p * 2 * SCAN_LANES;
        for (size_t group = 0; group < SCAN_ROWS / SCAN_LANES; group++) {
            const __m256i row =
                _mm256_loadu_si256((const __m256i *)(at + group * group_bytes));
            sums.group[group] =
                _mm256_add_epi16(sums.group[group], _mm256_maddubs_epi16(row, query));
        }
    }
    return sums;
}

AVX2 static inline void widen(__m256i sums, int32_t *out, int adds) {
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums, 1));
    if (adds) {
        low = _mm256_add_epi32(low, _mm256_loadu_si256((const __m256i *)out));
        high = _mm256_add_epi32(high, _mm256_loadu_si256((const __m256i *)(out + 8)));
    }
    _mm256_storeu_si256((__m256i *)out, low);
    _mm256_storeu_si256((__m256i *)(out + 8), high);
}

/* Rows whose sum of sixteen bits is above the limit, as bits. */
AVX2 static inline uint64_t above16(const sums16 *sums, int16_t limit) {
    const __m256i limits = _mm256_set1_epi16(limit);
    uint64_t rows = 0;
    for (size_t half = 0; half < 2; half++) {
        const __m256i a = _mm256_cmpgt_epi16(sums->group[2 * half], limits);
        const __m256i b = _mm256_cmpgt_epi16(sums->group[2 * half + 1], limits);
        /* Packing works within halves of 128 bits; the permutation puts them in order. */
        const __m256i bytes =
            _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), _MM_SHUFFLE(3, 1, 2, 0));
        rows |= (uint64_t)(uint32_t)_mm256_movemask_epi8(bytes) << (32 * half);
    }
    return rows;
}

AVX2 static inline uint64_t above32(const int32_t *sums, int32_t limit) {
    const __m256i limits = _mm256_set1_epi32(limit);
    uint64_t rows = 0;
    for (size_t at = 0; at < SCAN_ROWS; at += 8) {
        const __m256i eight = _mm256_loadu_si256((const __m256i *)(sums + at));
        const __m256i is_above = _mm256_cmpgt_epi32(eight, limits);
        rows |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(is_above)) << at;
    }
    return rows;
}

/* A table of few dimensions: one chunk, compared in sixteen bits. */
AVX2 static inline size_t scan_narrow(const uint8_t *codes, const scan_block *blocks, size_t first,
                                      size_t last, const scan_query *query, double threshold,
                                      int32_t *sums, uint64_t *rows, const size_t pairs) {
    const size_t group_bytes = pairs * 2 * SCAN_LANES;
    const __m256i shift = _mm256_set1_epi16((short)shift_of(query->pairs, pairs));
    for (size_t block = first; block < last; block++) {
        if (is_out_of_reach(&blocks[block], query, threshold)) return last;
        const int64_t limit = limit_of(&blocks[block], query, threshold);
        if (limit >= INT16_MAX) continue;
        const sums16 found = chunk_sums(codes + block * SCAN_ROWS * pairs * 2, group_bytes,
                                        query->pairs, pairs, shift);
        *rows = limit < INT16_MIN ? UINT64_MAX : above16(&found, (int16_t)limit);
        if (*rows) {
            for (size_t group = 0; group < SCAN_ROWS / SCAN_LANES; group++)
                widen(found.group[group], sums + group * SCAN_LANES, 0);
            return block;
        }
    }
    return last;
}

AVX2 static size_t scan_wide(const uint8_t *codes, const scan_block *blocks, size_t first,
                             size_t last, const scan_query *query, double threshold,
                             int32_t *sums, uint64_t *rows) {
    const size_t group_bytes = query->pair_count * 2 * SCAN_LANES;
    for (size_t block = first; block < last; block++) {
        if (is_out_of_reach(&blocks[block], query, threshold)) return last;
        const int64_t limit = limit_of(&blocks[block], query, threshold);
        const uint8_t *at = codes + block * SCAN_ROWS * query->pair_count * 2;
        for (size_t from = 0; from < query->pair_count; from += SCAN_CHUNK_PAIRS) {
            const size_t left = query->pair_count - from;
            const size_t count = left < SCAN_CHUNK_PAIRS ? left : SCAN_CHUNK_PAIRS;
            const uint16_t *pairs = query->pairs + from;
            const sums16 chunk =
                chunk_sums(at + from * 2 * SCAN_LANES, group_bytes, pairs, count,
                           _mm256_set1_epi16((short)shift_of(pairs, count)));
            for (size_t group = 0; group < SCAN_ROWS / SCAN_LANES; group++)
                widen(chunk.group[group], sums + group * SCAN_LANES, from > 0);
        }
        *rows = limit == INT32_MIN ? UINT64_MAX : above32(sums, (int32_t)limit);
        if (*rows) return block;
    }
    return last;
}

AVX2 size_t scan_next_avx2(const uint8_t *codes, const scan_block *blocks, size_t first,
                           size_t last, const scan_query *query, double threshold, int32_t *sums,
                           uint64_t *rows) {
    /* A number of pairs that the compiler knows keeps the query in registers. */
    switch (query->pair_count) {
    case 8: return scan_narrow(codes, blocks, first, last, query, threshold, sums, rows, 8);
    case 12: return scan_narrow(codes, blocks, first, last, query, threshold, sums, rows, 12);
    case 16: return scan_narrow(codes, blocks, first, last, query, threshold, sums, rows, 16);
    default: break;
    }
    if (query->pair_count <= SCAN_CHUNK_PAIRS)
        return scan_narrow(codes, blocks, first, last, query, threshold, sums, rows,
                           query->pair_count);
    return scan_wide(codes, blocks, first, last, query, threshold, sums, rows);
}
#else
size_t scan_next_avx2(const uint8_t *codes, const scan_block *blocks, size_t first, size_t last,
                      const scan_query *query, double threshold, int32_t *sums, uint64_t *rows) {
    return scan_next_plain(codes, blocks, first, last, query, threshold, sums, rows);
}
#endif
