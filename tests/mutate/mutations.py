"""Faults to seed into kernels.cu, one at a time. Each must be found by the tests on the SIMT emulator.

A row: name · the specialisation that it is compiled and tested in · test classes that run it · text after which the fault is
looked for · text to replace (white space does not count) · which occurrence · replacement.
"""
NORM, LOSS, ADAM, MOVE, EMBED, STAT, ACT = (
    ['*.SimtNormTests'], ['*.SimtLossTests'], ['*.SimtOptimizerTests'], ['*.SimtMoveTests'], ['*.SimtEmbeddingTests'],
    ['*.SimtStatisticsTests'], ['*.SimtActivationTests'])
GEMM = ['*.SimtGemmTileTests']
ATTENTION = ['*.SimtAttentionBf16Tests']
SYNC = '__syncthreads();'

ROWS = [
    ('block sum: first barrier removed', NORM, 'float block_sum(float v)', SYNC, 0, ''),
    ('block sum: second barrier removed', LOSS, 'float block_sum(float v)', SYNC, 1, ''),
    ('block sum in f64: first barrier removed', LOSS, 'double block_sum(double v)', SYNC, 0, ''),
    ('block maximum: first barrier removed', LOSS, 'float block_max(float v)', SYNC, 0, ''),
    ('block sum: last warp left out', LOSS, 'float block_sum(float v)', 'w < static_cast<int>(blockDim.x) / 32', 0,
     'w + 1 < static_cast<int>(blockDim.x) / 32'),
    ('map: the rest has the stride of a block', MOVE, 'void map(element* y, const element* a',
     'i = vectors * VECTOR + grid_index()', 0, 'i = vectors * VECTOR + threadIdx.x'),
    ('fill: one element too many', MOVE, 'KERNEL(fill,', 'i < n;', 0, 'i <= n;'),
    ('copy columns: end of a row not guarded', ['*.SimtColumnsTests'], 'KERNEL(copy_columns,', 'first + 1024 < columns ? first + 1024 : columns',
     0, 'first + 1024'),
    ('embedding: rows not guarded', EMBED, 'KERNEL(embedding_forward,', 'if (n >= p.n) return;', 0, ''),
    ('sort: barrier after the digits removed', EMBED, 'KERNEL(sort_count,', SYNC, 0, ''),
    ('sort: tail of a tile not guarded', EMBED, 'KERNEL(sort_scatter,', 'i < count ?', 0, 'i <= count ?'),
    ('sort: barrier before the totals removed', EMBED, 'KERNEL(sort_scan,', SYNC, 1, ''),
    ('embedding gradient: a run that goes on is counted twice', EMBED, 'KERNEL(embedding_runs,',
     'p.keys[end] != key || startsBefore', 0, 'p.keys[end] != key'),
    ('norm: columns behind the row count', NORM, 'void norm_forward_row', 'c + j < p.columns ? x[k][j] - mean : 0.f', 0,
     'x[k][j] - mean'),
    ('norm: eps dropped', NORM, 'void norm_forward_row', '+ p.eps', 0, ''),
    ('norm backward: barrier between the warps removed', NORM, 'KERNEL(norm_backward_warp,', SYNC, 0, ''),
    ('norm backward: rows taken twice', NORM, 'KERNEL(norm_backward_warp,', 'gridDim.x * 8ll', 0, '4ll'),
    ('norm backward: sums of the blocks unsynchronised', NORM, 'KERNEL(norm_backward_sum,', SYNC, 0, ''),
    ('norm backward: partial sums left out', NORM, 'KERNEL(norm_backward_sum,', 'b += 8', 0, 'b += 9'),
    ('cross entropy: maximum of the own thread only', LOSS, 'KERNEL(cross_entropy,', 'block_max(own.most)', 0, 'own.most'),
    ('cross entropy: first padding column kept', LOSS, 'KERNEL(cross_entropy,', 'v = p.vocabulary + thread', 0,
     'v = p.vocabulary + 1 + thread'),
    ('cross entropy: rest not guarded', LOSS, 'KERNEL(cross_entropy,', 'if (tail + thread < p.vocabulary) store_f', 0,
     'if (thread < VECTOR) store_f'),
    ('distillation: target read after it was overwritten', LOSS, 'KERNEL(distillation,', SYNC, 0, ''),
    ('sum: every thread stores', LOSS, 'KERNEL(sum_partial,', 'if (threadIdx.x == 0) partial', 0, 'partial'),
    ('adamw: one element too many', ADAM, 'void adamw_all', 'i < p.n;', 0, 'i <= p.n;'),
    ('adamw: no decay', ADAM, 'float adamw_element', 'p.decay * w', 0, 'w'),
    ('adamw: second moment without its square', ADAM, 'float adamw_element', '(g * g)', 0, 'g'),
    ('adamw: stochastic rounding without noise', ADAM, 'bf16 stochastic', '(bits + random) >> 16', 0, 'bits >> 16'),
    ('relu: slope of the other side', ACT, 'struct Relu', 'x > 0.f ? 1.f : 0.f', 0, 'x < 0.f ? 1.f : 0.f'),
    ('matrix rank: barrier before the reflection removed', STAT, 'void tridiagonalise', SYNC, 2, ''),
    ('matrix mass: barrier before the order removed', STAT, 'KERNEL(matrix_mass,', SYNC, 0, ''),
]
MATMUL = [
    ('matmul: barrier after the wait removed', GEMM, 'void sum_aligned', SYNC, 0, ''),
    ('matmul: waits for one tile less', GEMM, 'void sum_aligned', 'cp_async_wait<STAGES - 2>', 0, 'cp_async_wait<STAGES - 1>'),
    ('matmul: commit in the loop removed', GEMM, 'void sum_aligned', 'ptx::cp_async_commit(); multiply', 0, 'multiply'),
    ('matmul: barrier before the sums removed', GEMM, 'void sum_aligned', SYNC, 1, ''),
    ('matmul: ring one stage short', GEMM, 'void sum_aligned', 'write_stage = STAGES - 1', 0, 'write_stage = STAGES - 2'),
    ('matmul: columns of a copy not guarded', GEMM, 'void copy(bf16* tile', 'in_columns && row', 0, 'row'),
    ('matmul: rows of a copy not guarded', GEMM, 'void copy(bf16* tile', 'in_columns && row + r + i * STEP < rows', 0,
     'in_columns'),
    ('matmul: swizzle of the reads differs', GEMM, 'void read(unsigned', 'TileA::place(wm + i * 16 + low + second * 8, kk * 2 + third)',
     0, 'TileA::place(wm + i * 16 + low + second * 8, kk * 2 + (third ^ 1))'),
    ('matmul: ldmatrix without transposition', GEMM, 'void read(unsigned', 'ldmatrix_tile_trans(fb, rb)', 0,
     'ldmatrix_tile(fb, rb)'),
    ('matmul: rows of the result not guarded', GEMM, '16 rows at a time pass', 'row < p.m && wn + column < p.n', 0,
     'wn + column < p.n'),
    ('matmul: no order between sums and their readers', GEMM, '16 rows at a time pass', '__syncwarp();', 1, ''),
    ('matmul: barrier of the copies through registers removed', GEMM, 'void sum_any', SYNC, 0, ''),
    ('matmul: finish without what was there', GEMM, 'void finish(', 'FORM != FORWARD && p.accumulate', 0, 'false'),
    ('matmul: bias of the row instead of the column', GEMM, 'void finish(', 'v[i] += bias[i]', 0, 'v[i] += bias[0]'),
]
WARPGROUPS = [
    ('warpgroups: wait for the copy removed', GEMM, 'void consume(', 'ptx::mbar_wait(&full[at.stage], at.phase);', 0, ''),
    ('warpgroups: stage handed back too early', GEMM, 'void consume(', 'ptx::mbar_arrive(&empty[last]);', 0,
     'ptx::mbar_arrive(&empty[at.stage]);'),
    ('warpgroups: products awaited one too late', GEMM, 'void consume(', 'ptx::wgmma_wait<0>();', 0, 'ptx::wgmma_wait<1>();'),
    ('warpgroups: wrong number of bytes expected', GEMM, 'void produce(', 'mbar_expect_tx(&full[at.stage], STAGE)', 0,
     'mbar_expect_tx(&full[at.stage], STAGE + 16)'),
    ('warpgroups: producer does not wait', GEMM, 'void produce(', 'ptx::mbar_wait(&empty[at.stage], at.phase ^ 1);', 0, ''),
    ('warpgroups: descriptor stride halved', GEMM, 'void consume(', '16, 1024, 1)', 0, '16, 512, 1)'),
]
FLASH = [
    ('attention: barrier after the wait removed', ATTENTION, 'void forward_block(', SYNC, 0, ''),
    ('attention: barrier at the end of the loop removed', ATTENTION, 'void forward_block(', SYNC, 1, ''),
    ('attention: waits for one tile less', ATTENTION, 'void forward_block(', 'cp_async_wait<1>', 0, 'cp_async_wait<2>'),
    ('attention: mask one off', ATTENTION, 'float finish_scores', 'first + step > 0', 0, 'first + step > 1'),
    ('attention: maximum over two lanes only', ATTENTION, 'void forward_block(',
     'fmaxf(m, __shfl_xor_sync(0xffffffffu, m, 2)) * factor', 0, 'm * factor'),
    ('attention: sums not rescaled', ATTENTION, 'void forward_block(', 'sum[i][h] * change + part', 0, 'sum[i][h] + part'),
    ('attention: rows of the result not guarded', ATTENTION, 'void store_rows(bf16', 'if (r < limit) {', 0, '{'),
    ('attention: keys behind the end copied', ATTENTION, 'void load_rows(', 'bool inside = first + r < limit;', 0,
     'bool inside = true;'),
    ('attention: values read without transposition', ATTENTION, 'void multiply_add(float (&o)', 'ldmatrix_x4_trans(r', 0, 'ldmatrix_x4(r'),
    ('attention backward: barrier after the wait removed', ATTENTION, 'KERNEL_WIDE(attention_backward_keys,', SYNC, 0, ''),
    ('attention backward: barrier at the end of the loop removed', ATTENTION, 'KERNEL_WIDE(attention_backward_keys,', SYNC, 1, ''),
    ('attention backward: statistics of the other buffer', ATTENTION, 'KERNEL_WIDE(attention_backward_keys,',
     'statistics + buffer * 2 * QUERIES', 0, 'statistics + (buffer ^ 1) * 2 * QUERIES'),
    ('attention backward: queries without delta', ATTENTION, 'KERNEL_WIDE(attention_backward_queries,', 'mean[i][h] = delta[at_row];', 0,
     'mean[i][h] = 0.f;'),
    ('attention weights: no order between the query and its readers', ['*.SimtAttentionWeightsBf16Tests'],
     'KERNEL_WIDE(attention_weights,', '__syncwarp();', 0, ''),
    ('rope: sign of the sine', ['*.SimtRopeBf16Tests'], 'KERNEL(rope,', 'a.x * c.x - b.x * s.x', 0, 'a.x * c.x + b.x * s.x'),
]
GROUPED = [  # three query heads of a group
    ('attention backward: one query head of a group left out', ATTENTION, 'KERNEL_WIDE(attention_backward_keys,',
     'last_head = head + NH / NKV - 1', 0, 'last_head = head + (NH / NKV - 1) / 2'),
]
PADDED = [  # a head size that is no multiple of 16, two groups of query heads
    ('attention: key head of another group', ATTENTION, 'KERNEL_WIDE(attention_forward,', 'kv_head = head / (NH / NKV)', 0,
     'kv_head = head / NH'),
    ('attention: padding of the tiles not cleared', ATTENTION, 'KERNEL_WIDE(attention_backward_keys,',
     'clear_padding<2 * ROWS + 4 * QUERIES, THREADS>(k_tile);', 0, ''),
    ('attention: columns behind the head stored', ATTENTION, 'void store_rows(bf16', 'HSP == HS || column < HS', 0, 'true'),
]
MUTATIONS = ([('rows_f32', *m) for m in ROWS] + [('gemm_bf16', *m) for m in MATMUL + WARPGROUPS]
             + [('attention_bf16_64', *m) for m in FLASH] + [('attention_bf16_80', *m) for m in GROUPED]
             + [('attention_bf16_12', *m) for m in PADDED])
