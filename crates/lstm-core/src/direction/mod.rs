//! One direction of one layer over a whole sequence: [`Direction::forward`] and [`Direction::backward`].

mod backward;
mod forward;
mod products;
mod steps;

pub use backward::{BackwardScratch, Grads, Norms};
pub use forward::ForwardScratch;
pub use steps::Steps;

use crate::gemm::Rows;
use crate::layout::RowMap;
use crate::packed_weights::PackedWeights;

/// One direction of one layer: its weights, what it reads, and where it writes.
#[derive(Debug, Clone, Copy)]
pub struct Direction<'a> {
    /// Its weights.
    pub weights: &'a PackedWeights,
    /// Where its h(t) belong.
    pub place: Place,
    /// x(t), row by row.
    pub input: Rows<'a>,
    /// The steps in its own time.
    pub steps: Steps<'a>,
}

/// Where a direction writes h(t) in the output of its layer.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Where a row of the output begins.
    pub output: RowMap,
    /// The first column that this direction fills.
    pub column: usize,
    /// Values in a row, `D * H_out`.
    pub columns: usize,
}

/// The running state of one direction, each sequence's own. In forward it goes from before the first step to after the last;
/// in backward it holds gradients and goes the other way.
#[derive(Debug)]
pub struct State<'a> {
    /// (batch, H_out)
    pub h: &'a mut [f32],
    /// (batch, H), or nothing for a cell without c
    pub c: &'a mut [f32],
}

/// What a training forward of one direction saves for its backward: all gates, or checkpoints from which backward computes
/// them again. A slice without values means that its tensor is not saved; outside of training all slices are so.
#[derive(Debug, Default)]
pub struct Saved<'a> {
    /// h before the first step, (batch, H_out).
    pub h0: &'a [f32],
    /// c before the first step, (batch, H), or nothing for a cell without c.
    pub c0: &'a [f32],
    /// The output of the layer before dropout, (rows, D * H_out), step by step.
    pub output: &'a mut [f32],
    /// The gates of every row, (rows, row of pre-activations). Backward turns them into gradients. Empty with checkpoints.
    pub gates: &'a mut [f32],
    /// c after the step of every row, (rows, padded H). Empty with checkpoints.
    pub c: &'a mut [f32],
    /// c before the first step of each segment, (segments, batch, padded H). Empty without checkpoints.
    pub checkpoints: &'a mut [f32],
    /// Steps in a segment; without checkpoints all steps are one.
    pub checkpoint_every: usize,
}
