//! The LSTM's cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
//!
//! `*` is the product element by element, σ the logistic function, `pre` the pre-activation of a gate. The gradient of the
//! loss by a value is that value's name after `d`; those of i, f, g and o are by their pre-activations.
//!
//! ```text
//! forward                          backward, last line first
//! i = σ(pre_i)                     di = dc * g      * i * (1 - i)
//! f = σ(pre_f)                     df = dc * c(t-1) * f * (1 - f)
//! g = tanh(pre_g)                  dg = dc * i      * (1 - g²)
//! o = σ(pre_o)                     do = d_m * tanh(c(t)) * o * (1 - o)
//! c(t) = f * c(t-1) + i * g        dc(t-1) = dc * f, which step t-1 begins with
//! m(t) = o * tanh(c(t))            dc = dc + d_m * o * (1 - tanh(c(t))²), dc being what step t+1 left
//! ```
//!
//! h(t) is m(t), or its projection `W_hr m(t)`; the crate's head tells how `d_m` comes from `dh`.

use super::{BackwardStep, clear_from, sigmoid_slope};
use crate::activation::Constants;
use crate::norm::norm;
use crate::simd::{LANES, Vector};

/// Where PyTorch's gates i, f, g, o stand in a block of a row: as i, f, o, g. The three that σ is applied to stand together,
/// so that one loop runs over them.
pub const PLACES: [usize; 4] = [0, 1, 3, 2];

/// One value of each of the four units of a block.
type Quad = [f32; LANES];

/// See [`super::Cell::forward`]. As many units at a time as the first cache holds.
pub fn lstm_forward<V: Vector>(pre: &mut [f32], c: &mut [f32], m: &mut [f32]) {
    const UNITS: usize = 1024;
    // The rows one after the other, each of whole blocks, are one long row.
    for ((pre, c), m) in pre.chunks_mut(4 * UNITS).zip(c.chunks_mut(UNITS)).zip(m.chunks_mut(UNITS)) {
        forward_units::<V>(pre, c, m);
    }
}

/// [`lstm_forward`] within the cache.
///
/// In three loops, so that an iteration is short: its constants then fit the registers, and a processor that looks some
/// 300 instructions ahead works on several iterations at once. In one loop the same takes nearly twice as long.
#[inline(never)]
fn forward_units<V: Vector>(pre: &mut [f32], c: &mut [f32], m: &mut [f32]) {
    let pre = pre.as_chunks_mut::<LANES>().0;
    let (c, m) = (c.as_chunks_mut::<LANES>().0, m.as_chunks_mut::<LANES>().0);
    let k = Constants::<V>::get();
    for [i, f, o, _] in pre.as_chunks_mut::<4>().0 {
        for gate in [i, f, o] {
            k.sigmoid(V::load(gate)).store(gate);
        }
    }
    for (([i, f, _, g], c), _) in pre.as_chunks_mut::<4>().0.iter_mut().zip(c.iter_mut()).zip(m.iter()) {
        let candidate = k.tanh(V::load(g));
        candidate.store(g);
        (V::load(f) * V::load(c) + V::load(i) * candidate).store(c);
    }
    for (([_, _, o, _], c), m) in pre.as_chunks::<4>().0.iter().zip(c.iter()).zip(m) {
        (V::load(o) * k.tanh(V::load(c))).store(m);
    }
}

/// See [`super::Cell::backward`].
#[inline(never)]
pub fn lstm_backward<V: Vector>(step: BackwardStep, padded_hidden: usize) {
    let BackwardStep { gates, c_before, c, d_m, d_c: dc, d_c_norms: dc_norms, .. } = step;
    let rows = gates.chunks_exact_mut(4 * padded_hidden).zip(d_m.chunks_exact_mut(padded_hidden));
    let rows = rows.zip(dc.chunks_exact_mut(padded_hidden));
    for (b, (((gates, d_m), dc), dc_norm)) in rows.zip(dc_norms).enumerate() {
        let gates = gates.as_chunks_mut::<LANES>().0.as_chunks_mut::<4>().0;
        backward_to_c::<V>(gates, c[b * padded_hidden..].as_chunks().0, d_m.as_chunks_mut().0, dc.as_chunks_mut().0);
        *dc_norm = norm::<V>(dc);
        backward_from_c::<V>(gates, c_before(b).as_chunks().0, dc.as_chunks_mut().0);
    }
}

/// The equations of `do` and `dc`, and m(t) in place of its gradient.
#[inline(never)]
fn backward_to_c<V: Vector>(gates: &mut [[Quad; 4]], c: &[Quad], d_m: &mut [Quad], dc: &mut [Quad]) {
    let k = Constants::<V>::get();
    let one = V::splat(1.0);
    for ((([_, _, gate, _], c), d_m_then_m), dc) in gates.iter_mut().zip(c).zip(d_m).zip(dc) {
        let (o, tanh_c, d_m) = (V::load(gate), k.tanh(V::load(c)), V::load(d_m_then_m));
        (V::load(dc) + d_m * o * (one - tanh_c * tanh_c)).store(dc);
        (d_m * tanh_c * sigmoid_slope(o)).store(gate);
        (o * tanh_c).store(d_m_then_m);
    }
}

/// The equations of `di`, `df`, `dg` and `dc(t-1)`.
#[inline(never)]
fn backward_from_c<V: Vector>(gates: &mut [[Quad; 4]], c_before: &[Quad], dc: &mut [Quad]) {
    let one = V::splat(1.0);
    for (([input, forget, _, candidate], c_before), d) in gates.iter_mut().zip(c_before).zip(dc) {
        let (i, f, g, dc) = (V::load(input), V::load(forget), V::load(candidate), V::load(d));
        (dc * g * sigmoid_slope(i)).store(input);
        (dc * V::load(c_before) * sigmoid_slope(f)).store(forget);
        (dc * i * (one - g * g)).store(candidate);
        (dc * f).store(d);
    }
}

/// See [`super::Cell::clear_padding`]. All of the padding is in the last block of a row, of one quad for each gate.
#[inline(always)]
pub fn clear_padding(pre: &mut [f32], padded_hidden: usize, kept: usize) {
    for row in pre.chunks_exact_mut(4 * padded_hidden) {
        for gate in row[4 * (padded_hidden - LANES)..].as_chunks_mut::<LANES>().0 {
            clear_from(kept, gate);
        }
    }
}
