//! The plain recurrent cell (Elman 1990) as `nn.RNN` has it, with tanh or relu.
//!
//! ```text
//! forward                                            backward
//! pre = W_ih x + b_ih + W_hh h(t-1) + b_hh
//! h(t) = tanh(pre)                                   d_pre = dh * (1 - h(t)²)
//! h(t) = relu(pre), the larger of pre and 0          d_pre = dh where h(t) > 0, else 0
//! ```

use super::BackwardStep;
use crate::activation::Constants;
use crate::simd::{LANES, Vector};

/// One slot: the pre-activation, which becomes h(t).
pub const PLACES: [usize; 1] = [0];

/// `nn.RNN`'s option of that name.
#[derive(Clone, Copy)]
pub enum Nonlinearity {
    /// tanh
    Tanh,
    /// relu
    Relu,
}

/// See [`super::Cell::forward`].
#[inline(never)]
pub fn rnn_forward<V: Vector>(pre: &mut [f32], h: &mut [f32], nonlinearity: Nonlinearity) {
    let k = Constants::<V>::get();
    for (pre, h) in pre.as_chunks_mut::<LANES>().0.iter_mut().zip(h.as_chunks_mut::<LANES>().0) {
        let value = match nonlinearity {
            Nonlinearity::Tanh => k.tanh(V::load(pre)),
            Nonlinearity::Relu => V::load(pre).max(V::splat(0.0)),
        };
        value.store(pre);
        value.store(h);
    }
}

/// See [`super::Cell::backward`].
#[inline(never)]
pub fn rnn_backward<V: Vector>(step: BackwardStep, nonlinearity: Nonlinearity) {
    let BackwardStep { gates: h, d_m: dh, .. } = step;
    match nonlinearity {
        Nonlinearity::Tanh => {
            let one = V::splat(1.0);
            for (quad, dh) in h.as_chunks_mut().0.iter_mut().zip(dh.as_chunks().0) {
                let h = V::load(quad);
                (V::load(dh) * (one - h * h)).store(quad);
            }
        }
        Nonlinearity::Relu => {
            for (h, dh) in h.iter_mut().zip(dh) {
                // Where h is NaN the gradient stays, as in PyTorch.
                *h = if *h <= 0.0 { 0.0 } else { *dh };
            }
        }
    }
}
