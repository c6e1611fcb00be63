//! One step of one direction: the recurrent sums and the gates, for every sequence that is still running.

use crate::activation::{sigmoid, tanh};
use crate::gemm::{
    COLUMNS, ROWS, RowMap, Rows, STRIPS, Sums, accumulate, extend, load_strips, store_strips, tile_of_rows,
};
use crate::pack::{PANEL, Packed};
use crate::simd::{LANES, Vector, quad, quad_mut};
use core::array::from_fn;

/// Four units of a panel, `[[i, f], [o, g]]` as they lie: pre-activations, gates or their gradients.
type Gates<V> = [[V; 2]; 2];

/// σ, σ, σ and tanh of the pre-activations.
#[inline(always)]
fn activate<V: Vector>([[i, f], [o, g]]: Gates<V>) -> Gates<V> {
    [[sigmoid(i), sigmoid(f)], [sigmoid(o), tanh(g)]]
}

/// `(c(t), o * tanh(c(t)))` from the gates and c(t-1); see the crate's head.
#[inline(always)]
fn advance<V: Vector>([[i, f], [o, g]]: Gates<V>, c: V) -> (V, V) {
    let c = f * c + i * g;
    (c, o * tanh(c))
}

/// The mirror of [`activate`] and [`advance`]: the gradients of the pre-activations, of c(t-1) and, complete, of c(t), from
/// those of `o * tanh(c(t))`, `d_full`, and of c(t) as far as the next step had a part in it, `dc`.
#[inline(always)]
fn retreat<V: Vector>([[i, f], [o, g]]: Gates<V>, c_before: V, c: V, d_full: V, dc: V) -> (Gates<V>, V, V) {
    let one = V::splat(1.0);
    let tanh_c = tanh(c);
    let dc = dc + d_full * o * (one - tanh_c * tanh_c);
    let slope = |gate: V| gate * (one - gate);
    let gradients =
        [[dc * g * slope(i), dc * c_before * slope(f)], [d_full * tanh_c * slope(o), dc * i * (one - g * g)]];
    (gradients, dc * f, dc)
}

/// One step for the `n` sequences of `pre`, whose rows hold `b + W_ih x(t)` in panel order.
///
/// `h` (n, H_out) is h(t-1); `c` (n, padded H) goes from c(t-1) to c(t); `h_next` (n, padded H) receives
/// `o * tanh(c(t))`, before any projection. `pre` is used up.
#[inline(never)]
pub fn step<V: Vector>(packed: &Packed, pre: &mut [f32], h: &[f32], c: &mut [f32], h_next: &mut [f32]) {
    let width = packed.gates().width();
    let (h_size, units) = (packed.h_size(), width / 4);
    let tiles = pre.len() / width / ROWS;
    let (pre_tiles, pre_rest) = pre.split_at_mut(tiles * ROWS * width);
    let (c_tiles, c_rest) = c.split_at_mut(tiles * ROWS * units);
    let (next_tiles, next_rest) = h_next.split_at_mut(tiles * ROWS * units);
    let (h_tiles, h_rest) = h.split_at(tiles * ROWS * h_size);

    let whole = pre_tiles.chunks_exact_mut(ROWS * width).zip(h_tiles.chunks_exact(ROWS * h_size));
    let states = c_tiles.chunks_exact_mut(ROWS * units).zip(next_tiles.chunks_exact_mut(ROWS * units));
    for ((pre, h), (c, h_next)) in whole.zip(states) {
        step_tile::<V>(packed, pre, from_fn(|r| &h[r * h_size..][..h_size]), c, h_next);
    }
    let single = pre_rest.chunks_exact(width).zip(h_rest.chunks_exact(h_size));
    let states = c_rest.chunks_exact_mut(units).zip(next_rest.chunks_exact_mut(units));
    for ((pre, h), (c, h_next)) in single.zip(states) {
        step_row::<V>(packed, pre, &[], h, c, h_next);
    }
}

/// Four sequences: each panel's sums are finished in place, then its gates while they are in the cache.
#[inline(never)]
fn step_tile<V: Vector>(packed: &Packed, pre: &mut [f32], h: [&[f32]; ROWS], c: &mut [f32], h_next: &mut [f32]) {
    let columns = packed.gates();
    let (width, units) = (columns.width(), columns.width() / 4);
    let k = packed.inputs()..packed.inputs() + h[0].len();
    for panel in 0..width / PANEL {
        for strip in [2 * panel, 2 * panel + 1] {
            tile_of_rows::<V>(pre, width, strip * COLUMNS, h, columns.strip(strip, k.clone()));
        }
        for r in 0..ROWS {
            let at = r * units + panel * LANES;
            let sums = load_strips(&pre[r * width + panel * PANEL..]);
            finish::<V>(sums, quad_mut(c, at), quad_mut(h_next, at));
        }
    }
}

/// One sequence, two panels at a time in registers from the first sum to the gates.
///
/// `seed` is a row in panel order: the biases with all of `x` still to come, or `b + W_ih x(t)` with an empty `x`.
#[inline(never)]
pub fn step_row<V: Vector>(packed: &Packed, seed: &[f32], x: &[f32], h: &[f32], c: &mut [f32], h_next: &mut [f32]) {
    const PANELS: usize = STRIPS / 2;
    let panels = packed.gates().width() / PANEL;
    let mut panel = 0;
    while panel + PANELS <= panels {
        let sums = row_sums::<V, STRIPS>(packed, panel, seed, x, h);
        for p in 0..PANELS {
            let at = (panel + p) * LANES;
            finish::<V>([sums[2 * p], sums[2 * p + 1]], quad_mut(c, at), quad_mut(h_next, at));
        }
        panel += PANELS;
    }
    if panel < panels {
        let sums = row_sums::<V, 2>(packed, panel, seed, x, h);
        finish::<V>(sums, quad_mut(c, panel * LANES), quad_mut(h_next, panel * LANES));
    }
}

/// `seed + W_ih x + W_hh h` for `N` strips from `panel` on.
#[inline(always)]
fn row_sums<V: Vector, const N: usize>(
    packed: &Packed,
    panel: usize,
    seed: &[f32],
    x: &[f32],
    h: &[f32],
) -> Sums<V, N> {
    let (columns, inputs) = (packed.gates(), packed.inputs());
    let sums = load_strips::<V, N>(&seed[panel * PANEL..]);
    let sums = extend(sums, x, from_fn(|s| columns.strip(2 * panel + s, 0..x.len())));
    extend(sums, h, from_fn(|s| columns.strip(2 * panel + s, inputs..inputs + h.len())))
}

#[inline(always)]
fn finish<V: Vector>(sums: Sums<V, 2>, c: &mut [f32; LANES], h: &mut [f32; LANES]) {
    let (c_next, h_next) = advance(activate(sums), V::load(c));
    c_next.store(c);
    h_next.store(h);
}

/// [`step`] for training, with the same bits: the gates i, f, o, g stay behind in `pre`.
#[inline(never)]
pub fn step_kept<V: Vector>(packed: &Packed, pre: &mut [f32], h: &[f32], c: &mut [f32], h_next: &mut [f32]) {
    let (inputs, h_size) = (packed.inputs(), packed.h_size());
    accumulate::<V>(pre, Rows::dense(h, h_size), 0, packed.gates(), inputs..inputs + h_size);
    advance_kept::<V>(pre, c, h_next);
}

/// The gates alone: `pre` (n, 4 * padded H) goes from complete pre-activations to i, f, g, o, `c` to c(t), and `h_next`
/// receives `o * tanh(c(t))`.
#[inline(never)]
pub fn advance_kept<V: Vector>(pre: &mut [f32], c: &mut [f32], h_next: &mut [f32]) {
    // Rows and panels in their order are one long row of panels.
    for (panel, pre) in pre.chunks_exact_mut(PANEL).enumerate() {
        let gates = activate(load_strips::<V, 2>(pre));
        let c = quad_mut(c, panel * LANES);
        let (c_next, full) = advance(gates, V::load(c));
        store_strips(gates, pre);
        c_next.store(c);
        full.store(quad_mut(h_next, panel * LANES));
    }
}

/// The mirror of [`step_kept`]: turns the kept `gates` (n, 4 * padded H) into the gradients of their pre-activations.
///
/// `c_before(b)` and `c` (n, padded H) are c(t-1) and c(t); `d_full` (n, padded H) is the gradient of `o * tanh(c(t))`
/// and is overwritten with that value itself; `dc` (n, padded H) goes from the gradient of c(t) to that of c(t-1), and
/// `dc_norms` (n) receives the squared norm of the former.
#[inline(never)]
pub fn step_backward<'a, V: Vector>(
    gates: &mut [f32],
    c_before: &dyn Fn(usize) -> &'a [f32],
    c: &[f32],
    d_full: &mut [f32],
    dc: &mut [f32],
    dc_norms: &mut [f32],
) {
    let units = gates.len() / 4 / dc_norms.len();
    for ((b, gates), norm) in gates.chunks_exact_mut(4 * units).enumerate().zip(dc_norms) {
        let c_before = c_before(b);
        let mut squares = V::splat(0.0);
        for (panel, gates) in gates.chunks_exact_mut(PANEL).enumerate() {
            let at = b * units + panel * LANES;
            let kept = load_strips::<V, 2>(gates);
            let (c, d_full, dc) = (V::load(quad(c, at)), quad_mut(d_full, at), quad_mut(dc, at));
            let c_before = V::load(quad(c_before, panel * LANES));
            let (gradients, dc_before, dc_whole) = retreat(kept, c_before, c, V::load(d_full), V::load(dc));
            squares = squares.add_product(dc_whole, dc_whole);
            store_strips(gradients, gates);
            dc_before.store(dc);
            (kept[1][0] * tanh(c)).store(d_full);
        }
        let mut lanes = [0.0; LANES];
        squares.store(&mut lanes);
        *norm = lanes.iter().sum::<f32>();
    }
}

/// Turns the rows of `full` (n, padded H), `o * tanh(c(t))`, into h(t) (n, H_out): times `W_hr`, or as they are.
#[inline(never)]
pub fn project<V: Vector>(packed: &Packed, full: &[f32], hidden: usize, h: &mut [f32], scratch: &mut [f32]) {
    let (units, h_size) = (packed.gates().width() / 4, packed.h_size());
    let Some(projection) = packed.projection() else {
        return copy_rows(full, units, h, h_size, h_size);
    };
    let width = projection.width();
    let scratch = &mut scratch[..full.len() / units * width];
    scratch.fill(0.0);
    let rows = Rows { values: full, width: hidden, at: RowMap::steps_first(units) };
    accumulate::<V>(scratch, rows, 0, projection, 0..hidden);
    copy_rows(scratch, width, h, h_size, h_size);
}

/// Copies the first `columns` values of each row of `source` to the rows of `target`.
#[inline(never)]
pub fn copy_rows(source: &[f32], source_stride: usize, target: &mut [f32], target_stride: usize, columns: usize) {
    for (source, target) in source.chunks_exact(source_stride).zip(target.chunks_exact_mut(target_stride)) {
        target[..columns].copy_from_slice(&source[..columns]);
    }
}
