//! The gated recurrent unit (Cho et al. 2014) as `nn.GRU` has it: the reset gate multiplies `W_hn h(t-1) + b_hn`, after that
//! product. (Keras with `reset_after=False` and ONNX with `linear_before_reset=0` multiply h(t-1) before it: another cell.)
//!
//! `*` is the product element by element, σ the logistic function, `pre` a pre-activation. The gradient of the loss by a value
//! is that value's name after `d`; those of r, z and n are by their pre-activations.
//!
//! ```text
//! forward                                     backward, last line first
//! pre_r = W_ir x + b_ir + W_hr h(t-1) + b_hr
//! pre_z = W_iz x + b_iz + W_hz h(t-1) + b_hz
//! n_x   = W_in x + b_in
//! n_h   = W_hn h(t-1) + b_hn                  dn_h = dn * r
//! r = σ(pre_r)                                dr = dn * n_h * r * (1 - r)
//! z = σ(pre_z)                                dz = dh * (h(t-1) - n) * z * (1 - z)
//! n = tanh(n_x + r * n_h)                     dn = dh * (1 - z) * (1 - n²)
//! h(t) = n + z * (h(t-1) - n)                 dh(t-1) = dh * z, to which W_hhᵀ (dr, dz, dn_h) is added
//! ```
//!
//! The last line is PyTorch's `(1 - z) * n + z * h(t-1)`.

use super::{BackwardStep, Slots, sigmoid_slope};
use crate::activation::Constants;
use crate::simd::{LANES, Vector};

/// Where the values of a trace stand in a row: r, z, n and `n_h`. In a row all units of a slot stand together, the slots in
/// the order n_x, r, z, n_h: the first three are what `W_ih` adds to, the last three what `W_hh` adds to. A step leaves n in
/// the place of n_x.
pub const PLACES: [usize; 4] = [1, 2, 0, 3];

/// See [`super::Cell::input_slots`]: of the weight's rows r, z, n.
pub const INPUT_SLOTS: Slots = Slots { first: 0, places: &[1, 2, 0] };

/// See [`super::Cell::recurrent_slots`].
pub const RECURRENT_SLOTS: Slots = Slots { first: 1, places: &[0, 1, 2] };

/// One value of each of four units.
type Quad = [f32; LANES];

/// The slots of a row: n_x (or n), r, z and n_h of each unit.
fn slots(row: &mut [f32], padded_hidden: usize) -> [&mut [Quad]; 4] {
    let (n, rest) = row.split_at_mut(padded_hidden);
    let (r, rest) = rest.split_at_mut(padded_hidden);
    let (z, n_h) = rest.split_at_mut(padded_hidden);
    [n, r, z, n_h].map(|slot| slot.as_chunks_mut().0)
}

/// See [`super::Cell::forward`].
#[inline(never)]
pub fn gru_forward<V: Vector>(pre: &mut [f32], h: &mut [f32], padded_hidden: usize) {
    let k = Constants::<V>::get();
    for (row, h) in pre.chunks_exact_mut(4 * padded_hidden).zip(h.chunks_exact_mut(padded_hidden)) {
        for gate in row[padded_hidden..3 * padded_hidden].as_chunks_mut().0 {
            k.sigmoid(V::load(gate)).store(gate);
        }
        let [n, r, z, n_h] = slots(row, padded_hidden);
        for ((((n, r), z), n_h), h) in n.iter_mut().zip(r).zip(z).zip(n_h).zip(h.as_chunks_mut().0) {
            let candidate = k.tanh(V::load(n).add_product(V::load(r), V::load(n_h)));
            candidate.store(n);
            candidate.add_product(V::load(z), V::load(h) - candidate).store(h);
        }
    }
}

/// See [`super::Cell::backward`].
#[inline(never)]
pub fn gru_backward<V: Vector>(step: BackwardStep, padded_hidden: usize) {
    let BackwardStep { gates, h_before, d_m: dh, .. } = step;
    let one = V::splat(1.0);
    let rows = gates.chunks_exact_mut(4 * padded_hidden).zip(h_before.chunks_exact(padded_hidden));
    for ((row, h_before), dh) in rows.zip(dh.chunks_exact_mut(padded_hidden)) {
        let [n, r, z, n_h] = slots(row, padded_hidden);
        let units = n.iter_mut().zip(r).zip(z).zip(n_h).zip(h_before.as_chunks().0).zip(dh.as_chunks_mut().0);
        for (((((candidate, reset), update), n_h), h_before), d) in units {
            let (n, r, z, dh) = (V::load(candidate), V::load(reset), V::load(update), V::load(d));
            let dn = dh * (one - z) * (one - n * n);
            (dh * (V::load(h_before) - n) * sigmoid_slope(z)).store(update);
            (dn * V::load(n_h) * sigmoid_slope(r)).store(reset);
            (dn * r).store(n_h);
            dn.store(candidate);
            (dh * z).store(d);
        }
    }
}
