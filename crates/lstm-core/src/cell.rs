//! One step of one direction: the recurrent sums and the gates, for every sequence that is still running.

use crate::activation::Constants;
use crate::gemm::{Left, RowMap, Rows, Tiles, accumulate};
use crate::norm::norm;
use crate::pack::Packed;
use crate::simd::{LANES, Vector};

/// The values of four units; four of them are a panel of the gates.
type Quad = [f32; LANES];

/// Memory for a step whose h is not simply `o * tanh(c)`, but projected or without the units of padding.
#[derive(Debug)]
pub struct Detour<'a> {
    /// (n, padded H): `o * tanh(c(t))`
    pub full: &'a mut [f32],
    /// (n, whole panels of proj_size)
    pub projected: &'a mut [f32],
}

/// One step for the `n` sequences of `pre`, whose rows hold `b + W_ih x(t)` in panel order and become the gates i, f, o, g.
///
/// `h` (n, H_out) goes from h(t-1) to h(t), `c` (n, padded H) from c(t-1) to c(t); `hidden` is H.
pub fn step<V: Vector>(
    packed: &Packed,
    hidden: usize,
    pre: &mut [f32],
    h: &mut [f32],
    c: &mut [f32],
    detour: &mut Detour,
    tiles: &mut Tiles,
) {
    let (inputs, h_size) = (packed.inputs(), packed.h_size());
    let before = Left::Rows(Rows::dense(h, h_size), 0);
    accumulate::<V>(pre, None, before, packed.gates(), inputs..inputs + h_size, tiles);
    let units = packed.gates().width() / 4;
    if packed.projection().is_none() && hidden == units {
        return advance::<V>(pre, c, h);
    }
    still_padding(pre, units, hidden);
    let full = &mut detour.full[..h.len() / h_size * units];
    advance::<V>(pre, c, full);
    project::<V>(packed, full, hidden, h, detour.projected, tiles);
}

/// Sets the pre-activations (., 4 * units) of the units beyond `hidden` to 0. That is what their zero weights make of them,
/// but for an input that is infinite or NaN: times 0 it is NaN, which backward would carry into the other units. With 0 here,
/// their c, h and gradients are 0 too.
#[inline(never)]
pub fn still_padding(pre: &mut [f32], units: usize, hidden: usize) {
    let kept = hidden % LANES;
    if kept == 0 {
        return;
    }
    for row in pre.chunks_exact_mut(4 * units) {
        let panel = &mut row[4 * (units - LANES)..];
        for gate in panel.as_chunks_mut::<LANES>().0 {
            // One by one: to fill a slice would be a call of the engine.
            if kept < 2 {
                gate[1] = 0.0;
            }
            if kept < 3 {
                gate[2] = 0.0;
            }
            gate[3] = 0.0;
        }
    }
}

/// The gates, c(t) and `o * tanh(c(t))` of any number of sequences from their complete pre-activations, as many units at a
/// time as the first cache holds.
pub fn advance<V: Vector>(pre: &mut [f32], c: &mut [f32], h: &mut [f32]) {
    const UNITS: usize = 1024;
    // Rows and panels in their order are one long row of panels.
    for ((pre, c), h) in pre.chunks_mut(4 * UNITS).zip(c.chunks_mut(UNITS)).zip(h.chunks_mut(UNITS)) {
        advance_units::<V>(pre, c, h);
    }
}

/// [`advance`] in the cache; see the crate's head for the equations.
///
/// In three loops, so that an iteration is short: its constants then fit the registers, and a processor that looks some
/// 300 instructions ahead works on several at once. In one loop the same takes nearly twice as long.
#[inline(never)]
fn advance_units<V: Vector>(pre: &mut [f32], c: &mut [f32], h: &mut [f32]) {
    let pre = pre.as_chunks_mut::<LANES>().0;
    let (c, h) = (c.as_chunks_mut::<LANES>().0, h.as_chunks_mut::<LANES>().0);
    let k = Constants::<V>::get();
    for [i, f, o, _] in pre.as_chunks_mut::<4>().0 {
        for gate in [i, f, o] {
            k.sigmoid(V::load(gate)).store(gate);
        }
    }
    for (([i, f, _, g], c), _) in pre.as_chunks_mut::<4>().0.iter_mut().zip(c.iter_mut()).zip(h.iter()) {
        let candidate = k.tanh(V::load(g));
        candidate.store(g);
        (V::load(f) * V::load(c) + V::load(i) * candidate).store(c);
    }
    for (([_, _, o, _], c), h) in pre.as_chunks::<4>().0.iter().zip(c.iter()).zip(h) {
        (V::load(o) * k.tanh(V::load(c))).store(h);
    }
}

/// The mirror of [`step`]: turns the kept `gates` (n, 4 * padded H) into the gradients of their pre-activations.
///
/// `c_before(b)` and `c` (n, padded H) are c(t-1) and c(t); `d_full` (n, padded H) is the gradient of `o * tanh(c(t))`
/// and is overwritten with that value itself; `dc` (n, padded H) goes from the gradient of c(t) to that of c(t-1), and
/// `dc_norms` (n) receives the norm of the former.
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
    let rows = gates.chunks_exact_mut(4 * units).zip(d_full.chunks_exact_mut(units)).zip(dc.chunks_exact_mut(units));
    for (b, (((gates, d_full), dc), dc_norm)) in rows.zip(dc_norms).enumerate() {
        let gates = gates.as_chunks_mut::<LANES>().0.as_chunks_mut::<4>().0;
        retreat_output::<V>(gates, c[b * units..].as_chunks().0, d_full.as_chunks_mut().0, dc.as_chunks_mut().0);
        *dc_norm = norm::<V>(dc);
        retreat_cell::<V>(gates, c_before(b).as_chunks().0, dc.as_chunks_mut().0);
    }
}

/// The derivative of σ and tanh, from their values.
fn slope<V: Vector>(gate: V) -> V {
    gate * (V::splat(1.0) - gate)
}

/// The mirror of [`advance`] from h to c: completes `dc`, the gradient of c(t), which holds what the next step had a part
/// in; turns o into the gradient of its pre-activation, and `d_full` into `o * tanh(c(t))`.
#[inline(never)]
fn retreat_output<V: Vector>(gates: &mut [[Quad; 4]], c: &[Quad], d_full: &mut [Quad], dc: &mut [Quad]) {
    let k = Constants::<V>::get();
    let one = V::splat(1.0);
    for ((([_, _, gate, _], c), d_full), dc) in gates.iter_mut().zip(c).zip(d_full).zip(dc) {
        let (o, tanh_c, d) = (V::load(gate), k.tanh(V::load(c)), V::load(d_full));
        (V::load(dc) + d * o * (one - tanh_c * tanh_c)).store(dc);
        (d * tanh_c * slope(o)).store(gate);
        (o * tanh_c).store(d_full);
    }
}

/// The mirror of [`advance`] from c(t) to c(t-1): turns i, f and g into the gradients of their pre-activations, and `dc`
/// into the gradient of c(t-1).
#[inline(never)]
fn retreat_cell<V: Vector>(gates: &mut [[Quad; 4]], c_before: &[Quad], dc: &mut [Quad]) {
    let one = V::splat(1.0);
    for (([input, forget, _, candidate], c_before), d) in gates.iter_mut().zip(c_before).zip(dc) {
        let (i, f, g, dc) = (V::load(input), V::load(forget), V::load(candidate), V::load(d));
        (dc * g * slope(i)).store(input);
        (dc * V::load(c_before) * slope(f)).store(forget);
        (dc * i * (one - g * g)).store(candidate);
        (dc * f).store(d);
    }
}

/// Turns the rows of `full` (n, padded H), `o * tanh(c(t))`, into h(t) (n, H_out): times `W_hr`, or as they are.
#[inline(never)]
fn project<V: Vector>(
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
    accumulate::<V>(scratch, None, Left::Rows(rows, 0), projection, 0..hidden, tiles);
    copy_rows(scratch, width, h, h_size, h_size);
}

/// Copies the first `columns` values of each row of `source` to the rows of `target`.
#[inline(never)]
pub fn copy_rows(source: &[f32], source_stride: usize, target: &mut [f32], target_stride: usize, columns: usize) {
    for (source, target) in source.chunks_exact(source_stride).zip(target.chunks_exact_mut(target_stride)) {
        target[..columns].copy_from_slice(&source[..columns]);
    }
}
