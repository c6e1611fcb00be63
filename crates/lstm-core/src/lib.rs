//! PyTorch's `nn.LSTM`, `nn.GRU` and `nn.RNN`, forward and backward, in float32, on a vector of four lanes.
//!
//! # The equations
//!
//! One direction of one layer maps a sequence `x` of rows of `I` values to rows of `H_out` values. With `H` the hidden size
//! and `pre(t)` the pre-activations of all units, step `t` is (PyTorch's documentation of `torch.nn.LSTM`; projections of Sak
//! et al. 2014):
//!
//! ```text
//! forward                                                       backward, last line first
//! pre(t) = b_ih + b_hh + W_ih x(t) + W_hh h(t-1)                dx(t)   = W_ihᵀ d_pre(t)
//!                                                               dh(t-1) = d_output(t-1) + W_hhᵀ d_pre(t)
//!                                                               dW_ih   = Σ_t d_pre(t) x(t)ᵀ
//!                                                               dW_hh   = Σ_t d_pre(t) h(t-1)ᵀ
//!                                                               db      = Σ_t d_pre(t)
//! m(t), c(t) = the cell's equations of pre(t) and c(t-1)        d_pre(t), dc(t-1) of d_m(t) and dc(t)
//! h(t) = m(t)       (H)         without projection              d_m(t)  = dh(t)
//! h(t) = W_hr m(t)  (proj_size) with one                        d_m(t)  = W_hrᵀ dh(t),  dW_hr = Σ_t dh(t) m(t)ᵀ
//! ```
//!
//! The cells' own equations, forward and backward, are in `cell/lstm.rs`, `cell/gru.rs` and `cell/rnn.rs`. Where cells differ
//! beyond them, [`cell::Cell`] tells the facts:
//!
//! - Gates: `weight_ih` (gates * H, I), `weight_hh` (gates * H, H_out), `bias_ih` and `bias_hh` (gates * H) stack them in the
//!   order i, f, g, o (LSTM) or r, z, n (GRU); an RNN has one. Memory holds them in another order, which [`layout::column`]
//!   tells and draws.
//! - A GRU keeps `W_in x(t) + b_in` and `W_hn h(t-1) + b_hn` apart. So each of its weight matrices adds to some slots of a row
//!   only, and `dh(t-1)` has a part that does not come through `W_hh`.
//! - Only an LSTM carries a cell state c from step to step beside h. For GRU and RNN the buffers of c are empty.
//! - Only an LSTM has a projection. Without one `m(t)` is `h(t)`.
//!
//! A reverse direction runs `t` from the last step to the first and writes beside the forward one, at columns
//! `H_out..2 H_out`; layer `k > 0` reads both.
//!
//! # The order of sums
//!
//! Every pre-activation is one chain of float32 sums, never split and never reordered: `b_ih + b_hh`, then
//! `x[0] w[0]`, `x[1] w[1]`, ..., then `h[0] u[0]`, `h[1] u[1]`, ... each product rounded, each sum rounded. Lanes hold
//! different columns, never parts of one sum. That is why a step streamed alone has the bits of the whole sequence, a
//! sequence in a batch the bits of the sequence alone, and [`simd::Scalar`] the bits of simd128.
//!
//! Integer weights ([`gemm::narrow`]) replace the products of each block of k by one exact sum of integers, made float32 by one
//! multiplication.
//!
//! # Reading order
//!
//! None of these uses one that stands after it:
//!
//! 1. [`simd`] (four lanes), [`activation`] (σ and tanh), [`norm`] and [`cell`] (the equations)
//! 2. [`config`] (what is asked for), [`layout`] (names, shapes, offsets; the order in memory)
//! 3. [`gemm`] (the sums), [`packed_weights`] (weights as the kernels want them)
//! 4. [`step`] (one step), [`direction`] (one direction over time, with [`weight_grad`]), [`stack`] (all layers)
//!
//! [`stream`] is the step by step form of the same. [`call`] tells what one forward is asked for. Memory grows by [`buffer`]; a
//! forward's is in `workspace`, what training keeps in [`saved`] and [`backward_memory`]. [`train`] holds the layers, losses
//! and optimisers around them.

#![no_std]

extern crate alloc;

pub mod activation;
pub mod backward_memory;
pub mod buffer;
pub mod call;
pub mod cell;
pub mod config;
pub mod direction;
pub mod dropout;
pub mod error;
pub mod gemm;
pub mod layout;
pub mod norm;
pub mod packed_weights;
pub mod random;
pub mod saved;
pub mod simd;
pub mod stack;
pub mod step;
pub mod stream;
pub mod train;
pub mod weight_grad;
mod workspace;

pub use call::{Call, Shape};
pub use config::Config;
pub use error::Error;
pub use stack::Stack;
pub use stream::Stream;
