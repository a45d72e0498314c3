/* The scan of a table of small whole numbers for rows that may be among the best.

   Rows lie in blocks of SCAN_ROWS, in each block four groups of SCAN_LANES rows, in each group
   pair of dimensions after pair: (blocks, groups, pairs, lanes, 2), one byte each, holding
   t + SCAN_SHIFT for a code t of -127...127. So a register holds one pair of sixteen rows, and
   one instruction multiplies and adds it. See QuantizedRows.swift for what the codes mean. */
#ifndef SCAN_KERNELS_H
#define SCAN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    SCAN_LANES = 16,
    SCAN_ROWS = 64,
    SCAN_SHIFT = 128,
    /* A query's codes are -63...63: two products of 63 and 255 fit a sum of sixteen bits. */
    SCAN_QUERY_MAX = 63,
    /* Pairs whose sums are kept in sixteen bits. The sum of a row may wrap round on its way; the
       caller sees to it that |query| |row| over these dimensions, and so the end, fits. */
    SCAN_CHUNK_PAIRS = 16
};

/* What is known of a block; all that a score can differ from its estimate follows from it. */
typedef struct {
    double scale;    /* a row is about scale times its codes ... */
    double residual; /* ... and no row's error is longer than this */
    double length;   /* no row is longer than this; blocks come with falling lengths */
} scan_block;

/* One question. All bounds hold for every row of a block with length L and residual E:

   score <= scale * unit * (codes . codes) + residual_factor E + length_factor L + slack */
typedef struct {
    /* (pairs): two signed codes, the first in the low byte. */
    const uint16_t *pairs;
    size_t pair_count;
    double unit;            /* a component is about this times its code; larger than 0 */
    double length;          /* of the query */
    double residual_factor; /* unit times the length of the codes */
    double length_factor;   /* length of what the codes leave, and rounding */
    double slack;
} scan_query;

/* Looks for a block in which a row may reach the threshold.

   Begins at the block `first`; returns the first such block, or `last` if there is none. Writes
   its estimates in whole numbers, (SCAN_ROWS), and a bit for each row that may reach it. The scan
   ends early, with `last`, where no row from there on is long enough. */
size_t scan_next_plain(const uint8_t *codes, const scan_block *blocks, size_t first, size_t last,
                       const scan_query *query, double threshold, int32_t *sums, uint64_t *rows);
size_t scan_next_avx2(const uint8_t *codes, const scan_block *blocks, size_t first, size_t last,
                      const scan_query *query, double threshold, int32_t *sums, uint64_t *rows);

#endif
