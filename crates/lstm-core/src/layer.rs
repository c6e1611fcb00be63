//! One direction of one layer over a whole sequence.

use crate::cell::{copy_rows, project, step};
use crate::gemm::{RowMap, Rows, accumulate};
use crate::pack::Packed;
use crate::simd::Vector;

/// Which sequences run at which step: step `t` has the rows `starts[t]..starts[t + 1]`, one for each of the first
/// `starts[t + 1] - starts[t]` sequences, longest first. Without lengths that is the whole batch at every step.
#[derive(Debug, Clone, Copy)]
pub struct Steps<'a>(pub &'a [usize]);

impl Steps<'_> {
    fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }
}

/// Where a direction reads and writes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Whether time runs backwards. A sequence then begins at its own last step.
    pub reverse: bool,
    /// Where a row of the output begins.
    pub output: RowMap,
    /// The first column of the output that this direction fills.
    pub column: usize,
}

/// The running state of one direction: h(0) and c(0) before, h(T) and c(T) after, each sequence's own.
#[derive(Debug)]
pub struct State<'a> {
    /// (batch, H_out)
    pub h: &'a mut [f32],
    /// (batch, H)
    pub c: &'a mut [f32],
}

/// Memory that lasts for one call.
#[derive(Debug)]
pub struct Scratch<'a> {
    /// Pre-activations of `chunk` steps, (chunk * batch, 4 * padded H).
    pub pre: &'a mut [f32],
    /// (batch, padded H)
    pub c: &'a mut [f32],
    /// (batch, padded H)
    pub h_next: &'a mut [f32],
    /// (batch, whole strips of proj_size)
    pub projected: &'a mut [f32],
    /// Steps whose input product is computed at once, so that it stays in the cache until it is used.
    pub chunk: usize,
}

/// Runs one direction. A sequence that has ended, or has not begun, or is empty, keeps its state.
pub fn forward<V: Vector>(
    packed: &Packed,
    place: Place,
    input: Rows,
    steps: Steps,
    state: State,
    output: &mut [f32],
    scratch: Scratch,
) {
    let width = packed.gates().width();
    let (h_size, units) = (packed.h_size(), width / 4);
    let batch = state.h.len() / h_size;
    let hidden = state.c.len() / batch;
    let c = &mut scratch.c[..batch * units];
    c.fill(0.0);
    copy_rows(state.c, hidden, c, units, hidden);

    let chunks = steps.len().div_ceil(scratch.chunk);
    for index in in_order(0..chunks, place.reverse) {
        let first = index * scratch.chunk;
        let last = (first + scratch.chunk).min(steps.len());
        let first_row = steps.0[first];
        let pre = &mut scratch.pre[..(steps.0[last] - first_row) * width];
        for row in pre.chunks_exact_mut(width) {
            row.copy_from_slice(packed.bias());
        }
        accumulate::<V>(pre, input, first_row, packed.gates(), 0..packed.inputs());

        for t in in_order(first..last, place.reverse) {
            let (start, end) = (steps.0[t], steps.0[t + 1]);
            let n = end - start;
            let pre = &mut pre[(start - first_row) * width..(end - first_row) * width];
            let h = &mut state.h[..n * h_size];
            let h_next = &mut scratch.h_next[..n * units];
            step::<V>(packed, pre, h, &mut c[..n * units], h_next);
            project::<V>(packed, h_next, hidden, h, scratch.projected);
            for (row, h) in (start..end).zip(h.chunks_exact(h_size)) {
                output[place.output.start(row) + place.column..][..h_size].copy_from_slice(h);
            }
        }
    }
    copy_rows(c, units, state.c, hidden, hidden);
}

/// The range from its first to its last, or from its last to its first.
fn in_order(range: core::ops::Range<usize>, reverse: bool) -> impl Iterator<Item = usize> {
    let (start, end) = (range.start, range.end);
    range.map(move |index| if reverse { start + end - 1 - index } else { index })
}
