//! What one forward is asked for: its size, how its rows lie, and whether what it computes is kept.

use crate::Config;
use crate::dropout::{self, Draw};
use crate::layout::RowMap;

/// The size of a forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// `T`: steps of the longest sequence.
    pub steps: usize,
    /// `B`: sequences, those of length 0 included.
    pub batch: usize,
    /// Rows of input: `T * B`, or the sum of all lengths of a packed sequence.
    pub rows: usize,
}

impl Shape {
    /// `batch` sequences of `steps` steps each.
    pub fn padded(steps: usize, batch: usize) -> Self {
        Self { steps, batch, rows: steps.saturating_mul(batch) }
    }
}

/// How the rows of a forward lie, and whether what it computes is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call {
    /// Input and output are (batch, seq, .) rather than (seq, batch, .). Never applies to h and c.
    pub batch_first: bool,
    /// [`crate::Stack::batch_sizes_mut`] says how many sequences run at each step; rows lie step by step.
    pub packed: bool,
    /// Draws these masks between layers; without, nothing is dropped.
    pub dropout: Option<Draw>,
    /// Keeps what [`crate::Stack::backward`] and a trace need, in the way that [`crate::Stack::reserve_training`] made room for.
    pub keeps: bool,
}

impl Call {
    /// How rows of `row_len` values lie in the caller's tensors.
    pub(crate) fn row_map(&self, shape: Shape, row_len: usize) -> RowMap {
        if self.batch_first && !self.packed {
            RowMap::batch_first(row_len, shape.batch, shape.steps)
        } else {
            RowMap::steps_first(row_len)
        }
    }

    /// Applies dropout to the output of `layer`, or to that output's gradient: the same zeros and the same factor.
    pub(crate) fn drop_out(&self, values: &mut [f32], config: &Config, layer: usize) {
        if let Some(draw) = self.dropout {
            dropout::apply(values, config.dropout(), draw, layer);
        }
    }
}
