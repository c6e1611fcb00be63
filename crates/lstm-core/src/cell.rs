//! One step of one direction: the recurrent sums and the gates, for every sequence that is still running.

use crate::activation::Constants;
use crate::gemm::{Left, RowMap, Rows, Tiles, accumulate, load, store};
use crate::pack::{PANEL, Packed};
use crate::simd::{LANES, Vector, add_products, quad, quad_mut};
use core::array::from_fn;
use core::ops::Range;

/// Four units, `[i, f, o, g]` as they lie: pre-activations, gates or their gradients.
type Gates<V> = [V; 4];

/// σ, σ, σ and tanh of the pre-activations.
#[inline(always)]
fn activate<V: Vector>(k: &Constants, [i, f, o, g]: Gates<V>) -> Gates<V> {
    [k.sigmoid(i), k.sigmoid(f), k.sigmoid(o), k.tanh(g)]
}

/// c(t) and o of four units from their pre-activations; with c(t-1) in `c`, see the crate's head. [`emit`] does the rest.
#[inline(always)]
fn advance<V: Vector>(k: &Constants, sums: Gates<V>, c: &mut [f32; LANES], o: &mut [f32; LANES]) -> Gates<V> {
    let gates = activate(k, sums);
    let [i, f, o_gate, g] = gates;
    (f * V::load(c) + i * g).store(c);
    o_gate.store(o);
    gates
}

/// `h = o * tanh(c)`, where `h` holds o. A loop of its own: tanh(c) has to wait for all of the gates, and a processor
/// looks some 300 instructions ahead, which here are ten units' and behind the gates would be one's.
#[inline(never)]
fn emit<V: Vector>(c: &[f32], h: &mut [f32]) {
    let k = Constants::get();
    for (c, h) in c.as_chunks().0.iter().zip(h.as_chunks_mut().0) {
        (V::load(h) * k.tanh(V::load(c))).store(h);
    }
}

/// The mirror of [`advance`] and [`emit`]: the gradients of the pre-activations, of c(t-1) and, complete, of c(t), from
/// those of `o * tanh(c(t))`, `d_full`, and of c(t) as far as the next step had a part in it, `dc`.
#[inline(always)]
fn retreat<V: Vector>([i, f, o, g]: Gates<V>, c_before: V, tanh_c: V, d_full: V, dc: V) -> (Gates<V>, V, V) {
    let one = V::splat(1.0);
    let dc = dc + d_full * o * (one - tanh_c * tanh_c);
    let slope = |gate: V| gate * (one - gate);
    let gradients = [dc * g * slope(i), dc * c_before * slope(f), d_full * tanh_c * slope(o), dc * i * (one - g * g)];
    (gradients, dc * f, dc)
}

/// One step for the `n` sequences of `pre`, whose rows hold `b + W_ih x(t)` in panel order.
///
/// `h` (n, H_out) is h(t-1); `c` (n, padded H) goes from c(t-1) to c(t); `h_next` (n, padded H) receives
/// `o * tanh(c(t))`, before any projection. `pre` is used up, or with `keep` left as the gates i, f, o, g.
#[inline(never)]
#[allow(clippy::too_many_arguments)] // the operands of the equations, and memory
pub fn step<V: Vector>(
    packed: &Packed,
    pre: &mut [f32],
    h: &[f32],
    c: &mut [f32],
    h_next: &mut [f32],
    keep: bool,
    tiles: &mut Tiles,
) {
    let (inputs, h_size) = (packed.inputs(), packed.h_size());
    if h.len() == h_size && !keep {
        return step_row::<V>(packed, pre, &[], h, c, h_next);
    }
    let h = Left::Rows(Rows::dense(h, h_size), 0);
    accumulate::<V>(pre, h, packed.gates(), inputs..inputs + h_size, tiles);
    advance_rows::<V>(pre, c, h_next, keep);
}

/// One sequence, two panels at a time in registers from the first sum to the gates.
///
/// `seed` is a row in panel order: the biases with all of `x` still to come, or `b + W_ih x(t)` with an empty `x`.
#[inline(never)]
pub fn step_row<V: Vector>(packed: &Packed, seed: &[f32], x: &[f32], h: &[f32], c: &mut [f32], h_next: &mut [f32]) {
    let k = Constants::get();
    let seeds = seed.chunks(2 * PANEL);
    let units = c.chunks_mut(2 * LANES).zip(h_next.chunks_mut(2 * LANES));
    for (pair, (seed, (c, o))) in seeds.zip(units).enumerate() {
        if seed.len() == 2 * PANEL {
            let [left, right] = row_sums::<V, 2>(packed, 2 * pair, seed, x, h);
            advance(k, left, quad_mut(c, 0), quad_mut(o, 0));
            advance(k, right, quad_mut(c, LANES), quad_mut(o, LANES));
        } else {
            let [sums] = row_sums::<V, 1>(packed, 2 * pair, seed, x, h);
            advance(k, sums, quad_mut(c, 0), quad_mut(o, 0));
        }
    }
    emit::<V>(c, h_next);
}

/// `seed + W_ih x + W_hh h` of `P` panels.
#[inline(always)]
fn row_sums<V: Vector, const P: usize>(
    packed: &Packed,
    first: usize,
    seed: &[f32],
    x: &[f32],
    h: &[f32],
) -> [Gates<V>; P] {
    let (columns, inputs) = (packed.gates(), packed.inputs());
    let panels = |k: Range<usize>| from_fn(|p| columns.panel(first + p, k.clone()));
    let mut sums = [from_fn(|p| load(&seed[p * PANEL..]))];
    sums = add_products(sums, x, panels(0..x.len()), PANEL);
    let [sums] = add_products(sums, h, panels(inputs..inputs + h.len()), PANEL);
    sums
}

/// The gates alone: `pre` (n, 4 * padded H) holds complete pre-activations and with `keep` becomes i, f, o, g; `c` goes to
/// c(t), and `h_next` receives `o * tanh(c(t))`.
#[inline(never)]
pub fn advance_rows<V: Vector>(pre: &mut [f32], c: &mut [f32], h_next: &mut [f32], keep: bool) {
    let k = Constants::get();
    // Rows and panels in their order are one long row of panels.
    for (panel, pre) in pre.chunks_exact_mut(PANEL).enumerate() {
        let at = panel * LANES;
        let gates = advance(k, load::<V, 4>(pre), quad_mut(c, at), quad_mut(h_next, at));
        if keep {
            store(gates, pre);
        }
    }
    emit::<V>(c, h_next);
}

/// The mirror of [`step`]: turns the kept `gates` (n, 4 * padded H) into the gradients of their pre-activations.
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
    let k = Constants::get();
    let units = gates.len() / 4 / dc_norms.len();
    for ((b, gates), norm) in gates.chunks_exact_mut(4 * units).enumerate().zip(dc_norms) {
        let c_before = c_before(b);
        let mut squares = V::splat(0.0);
        for (panel, gates) in gates.chunks_exact_mut(PANEL).enumerate() {
            let at = b * units + panel * LANES;
            let kept = load::<V, 4>(gates);
            let (c, d_full, dc) = (V::load(quad(c, at)), quad_mut(d_full, at), quad_mut(dc, at));
            let c_before = V::load(quad(c_before, panel * LANES));
            let tanh_c = k.tanh(c);
            let (gradients, dc_before, dc_whole) = retreat(kept, c_before, tanh_c, V::load(d_full), V::load(dc));
            squares = squares.add_product(dc_whole, dc_whole);
            store(gradients, gates);
            dc_before.store(dc);
            (kept[2] * tanh_c).store(d_full);
        }
        let mut lanes = [0.0; LANES];
        squares.store(&mut lanes);
        *norm = lanes.iter().sum::<f32>();
    }
}

/// Turns the rows of `full` (n, padded H), `o * tanh(c(t))`, into h(t) (n, H_out): times `W_hr`, or as they are.
#[inline(never)]
pub fn project<V: Vector>(
    packed: &Packed,
    full: &[f32],
    hidden: usize,
    h: &mut [f32],
    scratch: &mut [f32],
    tiles: &mut Tiles,
) {
    let (units, h_size) = (packed.gates().width() / 4, packed.h_size());
    let Some(projection) = packed.projection() else {
        return copy_rows(full, units, h, h_size, h_size);
    };
    let width = projection.width();
    let scratch = &mut scratch[..full.len() / units * width];
    scratch.fill(0.0);
    let rows = Rows { values: full, width: hidden, at: RowMap::steps_first(units) };
    accumulate::<V>(scratch, Left::Rows(rows, 0), projection, 0..hidden, tiles);
    copy_rows(scratch, width, h, h_size, h_size);
}

/// Copies the first `columns` values of each row of `source` to the rows of `target`.
#[inline(never)]
pub fn copy_rows(source: &[f32], source_stride: usize, target: &mut [f32], target_stride: usize, columns: usize) {
    for (source, target) in source.chunks_exact(source_stride).zip(target.chunks_exact_mut(target_stride)) {
        target[..columns].copy_from_slice(&source[..columns]);
    }
}
