//! PyTorch's `nn.LSTM`, forward and backward, in float32, on a vector of four lanes.
//!
//! # The equations
//!
//! One direction of one layer maps a sequence `x` of rows of `I` values to rows of `H_out` values. With `H` the hidden
//! size, `σ` the logistic function and `*` the product element by element, step `t` is (PyTorch's documentation of
//! `torch.nn.LSTM`; Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; projections of Sak et al.
//! 2014):
//!
//! ```text
//! i = σ(W_ii x(t) + b_ii + W_hi h(t-1) + b_hi)          input gate      (H)
//! f = σ(W_if x(t) + b_if + W_hf h(t-1) + b_hf)          forget gate     (H)
//! g = tanh(W_ig x(t) + b_ig + W_hg h(t-1) + b_hg)       candidate       (H)
//! o = σ(W_io x(t) + b_io + W_ho h(t-1) + b_ho)          output gate     (H)
//! c(t) = f * c(t-1) + i * g                             cell state      (H)
//! h(t) = o * tanh(c(t))                                 hidden state    (H), without projection
//! h(t) = W_hr (o * tanh(c(t)))                          hidden state    (H_out = proj_size), with one
//! ```
//!
//! `weight_ih` (4H, I), `weight_hh` (4H, H_out), `bias_ih` and `bias_hh` (4H) stack the four gates in the order
//! **i, f, g, o**; `PLACE` in [`pack`] is the one place in the code that knows. A reverse direction
//! runs `t` from the last step to the first and writes beside the forward one, at columns `H_out..2 H_out`; layer
//! `k > 0` reads both.
//!
//! # The order of sums
//!
//! Every gate pre-activation is one chain of float32 sums, never split and never reordered: `b_ih + b_hh`, then
//! `x[0] w[0]`, `x[1] w[1]`, ..., then `h[0] u[0]`, `h[1] u[1]`, ... each product rounded, each sum rounded. Lanes hold
//! different columns, never parts of one sum. That is why a step streamed alone has the bits of the whole sequence, a
//! sequence in a batch the bits of the sequence alone, and [`simd::Scalar`] the bits of simd128.
//!
//! # Reading order
//!
//! [`config`] (what is asked for) → [`layout`] (names, shapes, offsets) → [`pack`] (weights as the kernels want them) →
//! [`stack`] (layers of one call) → [`layer`] (one direction over time) → [`cell`] (one step) → [`gemm`] (the sums) and
//! [`activation`] (σ and tanh) → [`simd`] (four lanes). [`stream`] is the step by step form of the same. Backward stands
//! beside its forward in each; [`training`] is its memory, [`outer`] its products over whole sequences.

#![no_std]

extern crate alloc;

pub mod activation;
pub mod call;
pub mod cell;
pub mod config;
pub mod dropout;
pub mod error;
pub mod gemm;
pub mod layer;
pub mod layout;
pub mod memory;
pub mod norm;
pub mod outer;
pub mod pack;
pub mod simd;
pub mod stack;
pub mod stream;
pub mod train;
pub mod training;
mod workspace;

pub use call::{Call, Shape};
pub use config::Config;
pub use error::Error;
pub use stack::Lstm;
pub use stream::Stream;
