//! One direction of one layer over a whole sequence.

use crate::cell::{Detour, advance, copy_rows, step, step_backward, still_padding};
use crate::gemm::{Left, RowMap, Rows, Tiles, accumulate};
use crate::layout::Parameter;
use crate::norm::norm;
use crate::outer::{Inputs, Outer, add, add_gradients, times};
use crate::pack::{Packed, Transposed};
use crate::simd::Vector;
use alloc::vec::Vec;

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
    /// For all of the batch.
    pub detour: Detour<'a>,
    /// Steps whose input product is computed at once, so that it stays in the cache until it is used.
    pub chunk: usize,
    /// In training, where to leave what backward needs.
    pub kept: Option<Kept<'a>>,
}

/// What a training forward of one direction leaves for its backward: everything, or marks to compute it from again.
#[derive(Debug)]
pub struct Kept<'a> {
    /// i, f, o, g in panel order, (rows, 4 * padded H). Backward turns them into gradients. With marks, memory for the
    /// rows of one segment, used by backward alone.
    pub gates: &'a mut [f32],
    /// c(t), (rows, padded H); likewise.
    pub c: &'a mut [f32],
    /// With segments of `every` steps: c before the first step of each in the direction's own time,
    /// (segments, batch, padded H). Empty where everything is kept.
    pub marks: &'a mut [f32],
    /// Steps in a segment; without marks all steps are one.
    pub every: usize,
}

/// Runs one direction, in training with the same bits as else. A sequence that has ended, has not begun or is empty keeps
/// its state.
#[allow(clippy::too_many_arguments)] // what it computes from, where it leaves that, and memory
pub fn forward<V: Vector>(
    packed: &Packed,
    place: Place,
    input: Rows,
    steps: Steps,
    state: State,
    output: &mut [f32],
    scratch: Scratch,
    tiles: &mut Tiles,
) {
    let width = packed.gates().width();
    let (h_size, units) = (packed.h_size(), width / 4);
    let batch = state.h.len() / h_size;
    let hidden = state.c.len() / batch;
    let c = &mut scratch.c[..batch * units];
    c.fill(0.0);
    copy_rows(state.c, hidden, c, units, hidden);

    let mut detour = scratch.detour;
    let (all_pre, keeps, kept_c, marks, every) = match scratch.kept {
        Some(kept) if kept.marks.is_empty() => (kept.gates, true, kept.c, kept.marks, 1),
        Some(kept) => (scratch.pre, false, kept.c, kept.marks, kept.every),
        None => (scratch.pre, false, &mut [][..], &mut [][..], 1),
    };
    let chunks = steps.len().div_ceil(scratch.chunk);
    for index in in_order(0..chunks, place.reverse) {
        let first = index * scratch.chunk;
        let last = (first + scratch.chunk).min(steps.len());
        let first_row = steps.0[first];
        let pre = &mut all_pre[if keeps { first_row * width } else { 0 }..][..(steps.0[last] - first_row) * width];
        input_sums::<V>(packed, input, first_row, pre, tiles);

        for t in in_order(first..last, place.reverse) {
            let (start, end) = (steps.0[t], steps.0[t + 1]);
            let n = end - start;
            let begins = if place.reverse { (t + 1) % every == 0 || t + 1 == steps.len() } else { t % every == 0 };
            if begins && !marks.is_empty() {
                marks[t / every * batch * units..][..batch * units].copy_from_slice(c);
            }
            let pre = &mut pre[(start - first_row) * width..(end - first_row) * width];
            let h = &mut state.h[..n * h_size];
            let c = &mut c[..n * units];
            step::<V>(packed, hidden, pre, h, c, &mut detour, tiles);
            if keeps {
                kept_c[start * units..end * units].copy_from_slice(c);
            }
            for (row, h) in (start..end).zip(h.chunks_exact(h_size)) {
                output[place.output.start(row) + place.column..][..h_size].copy_from_slice(h);
            }
        }
    }
    copy_rows(c, units, state.c, hidden, hidden);
}

/// `b + W_ih x` of as many rows from `first` on as `pre` has, in panel order: where every pre-activation's chain begins.
pub fn input_sums<V: Vector>(packed: &Packed, input: Rows, first: usize, pre: &mut [f32], tiles: &mut Tiles) {
    let input = Left::Rows(input, first);
    accumulate::<V>(pre, Some(packed.bias()), input, packed.gates(), 0..packed.inputs(), tiles);
}

/// The rest of what backward of one direction reads.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The output of the layer, (rows, D * H_out): h(t) at the direction's column, before dropout.
    pub output: &'a [f32],
    /// Values in a row of it.
    pub columns: usize,
    /// h(0), (batch, H_out)
    pub h0: &'a [f32],
    /// c(0), (batch, H)
    pub c0: &'a [f32],
}

/// Memory that one direction's backward needs for itself. A segment is the whole sequence, or as many of its steps as
/// [`Kept::every`] says.
#[derive(Debug, Default)]
pub struct BackwardScratch {
    /// (batch, padded H): c before a segment
    pub c: Vec<f32>,
    /// (batch, padded H): the gradient of c(t)
    pub dc: Vec<f32>,
    /// (batch, whole panels of H_out): the gradient of h(t-1)
    pub dh: Vec<f32>,
    /// (rows of a segment, H_out): the gradients of its h(t)
    pub d_output: Vec<f32>,
    /// (rows of a segment, H_out): its h(t-1), where gates are computed again
    pub h_before: Vec<f32>,
    /// (rows of a segment, padded H): the gradients of its `o * tanh(c(t))`, then the values
    pub full: Vec<f32>,
    /// (BLOCK, whole panels of H or of I): a product before its padding is dropped
    pub wide: Vec<f32>,
    /// (4 * padded H, whole panels of I, H_out or H): a weight's gradient in panel order
    pub weight: Vec<f32>,
    /// For up to BLOCK rows of a segment
    pub outer: Outer,
}

/// What backward tells of the gradients on their way: the norms of dL/dh(t) and dL/dc(t), (rows) each.
#[derive(Debug)]
pub struct Norms<'a> {
    /// Of dL/dh(t).
    pub h: &'a mut [f32],
    /// Of dL/dc(t).
    pub c: &'a mut [f32],
}

/// The mirror of [`forward`], segment by segment from the last in the direction's own time. Of each: its gates again if
/// they were not kept; back through time, which leaves the gradients of all pre-activations where the gates were; then
/// everything that is a product over all of its rows.
///
/// `d_output` and `d_input` lie as `place.output` and `input.at` say; `d_input` is added to. `state` goes from the
/// gradients of h(T) and c(T) to those of h(0) and c(0).
#[allow(clippy::too_many_arguments)] // as many as forward has, and their gradients
pub fn backward<V: Vector>(
    packed: &Packed,
    transposed: &Transposed,
    place: Place,
    input: Rows,
    steps: Steps,
    past: Past,
    kept: Kept,
    state: State,
    d_output: &[f32],
    d_input: &mut [f32],
    parameters: &[Parameter],
    gradients: &mut [f32],
    norms: Norms,
    scratch: &mut BackwardScratch,
    tiles: &mut Tiles,
) {
    let width = packed.gates().width();
    let (h_size, units) = (packed.h_size(), width / 4);
    let batch = state.h.len() / h_size;
    let hidden = state.c.len() / batch;
    let BackwardScratch { c: c_first, dc, dh, d_output: d_h, h_before: h_rows, full, wide, weight, outer } = scratch;
    let (c_first, dc) = (&mut c_first[..batch * units], &mut dc[..batch * units]);
    dc.fill(0.0);
    copy_rows(state.c, hidden, dc, units, hidden);
    // The step before t in this direction's time, and how many sequences run at a step.
    let before = |t: usize| if place.reverse { t + 1 } else { t.wrapping_sub(1) };
    let running = |t: usize| if t < steps.len() { steps.0[t + 1] - steps.0[t] } else { 0 };
    // h(t-1) of each row: the row of the step before, or h(0).
    let h_before = |r: usize| {
        let t = steps.0.partition_point(|&start| start <= r) - 1;
        let (b, earlier) = (r - steps.0[t], before(t));
        if b < running(earlier) {
            &past.output[(steps.0[earlier] + b) * past.columns + place.column..][..h_size]
        } else {
            &past.h0[b * h_size..][..h_size]
        }
    };

    let every = if kept.marks.is_empty() { steps.len() } else { kept.every };
    for segment in in_order(0..steps.len().div_ceil(every), !place.reverse) {
        let (first, last) = (segment * every, (segment * every + every).min(steps.len()));
        let (base, rows) = (steps.0[first], steps.0[last] - steps.0[first]);
        let (gates, c) = (&mut kept.gates[..rows * width], &mut kept.c[..rows * units]);
        let (d_h, full) = (&mut d_h[..rows * h_size], &mut full[..rows * units]);
        if kept.marks.is_empty() {
            c_first.fill(0.0);
            copy_rows(past.c0, hidden, c_first, units, hidden);
        } else {
            let mark = &kept.marks[segment * batch * units..][..batch * units];
            c_first.copy_from_slice(mark);
            for (r, row) in h_rows.chunks_exact_mut(h_size).take(rows).enumerate() {
                row.copy_from_slice(h_before(base + r));
            }
            input_sums::<V>(packed, input, base, gates, tiles);
            let inputs = packed.inputs();
            let h_rows = Left::Rows(Rows::dense(h_rows, h_size), 0);
            accumulate::<V>(gates, None, h_rows, packed.gates(), inputs..inputs + h_size, tiles);
            for t in in_order(first..last, place.reverse) {
                let (start, end) = (steps.0[t] - base, steps.0[t + 1] - base);
                let c_now = &mut c_first[..(end - start) * units];
                let unused = &mut full[start * units..end * units];
                let gates = &mut gates[start * width..end * width];
                still_padding(gates, units, hidden);
                advance::<V>(gates, c_now, unused);
                c[start * units..end * units].copy_from_slice(c_now);
            }
            c_first.copy_from_slice(mark);
        }

        for t in in_order(first..last, !place.reverse) {
            let (start, end) = (steps.0[t] - base, steps.0[t + 1] - base);
            let n = end - start;
            let d_h = &mut d_h[start * h_size..end * h_size];
            for ((row, d_h), later) in (start..end).zip(d_h.chunks_exact_mut(h_size)).zip(state.h.chunks_exact(h_size))
            {
                d_h.copy_from_slice(&d_output[place.output.start(base + row) + place.column..][..h_size]);
                add(d_h, later);
                norms.h[base + row] = norm::<V>(d_h);
            }
            let c_norms = &mut norms.c[base + start..base + end];
            let full = &mut full[start * units..end * units];
            full.fill(0.0);
            match &transposed.projection {
                Some(projection) => times::<V>(d_h, h_size, projection, wide, tiles, &mut |r, product| {
                    full[r * units..][..hidden].copy_from_slice(&product[..hidden]);
                }),
                None => copy_rows(d_h, h_size, full, units, hidden),
            }
            let gates = &mut gates[start * width..end * width];
            let earlier = before(t);
            let both = if (first..last).contains(&earlier) { running(earlier) } else { 0 };
            let c_before = |b: usize| {
                let from = if b < both { &c[(steps.0[earlier] - base + b) * units..] } else { &c_first[b * units..] };
                &from[..units]
            };
            step_backward::<V>(gates, &c_before, &c[start * units..end * units], full, &mut dc[..n * units], c_norms);
            let dh = &mut dh[..n * transposed.recurrent.width()];
            dh.fill(0.0);
            accumulate::<V>(dh, None, Left::Rows(Rows::dense(gates, width), 0), &transposed.recurrent, 0..width, tiles);
            copy_rows(dh, transposed.recurrent.width(), &mut state.h[..n * h_size], h_size, h_size);
        }

        times::<V>(gates, width, &transposed.input, wide, tiles, &mut |r, product| {
            add(&mut d_input[input.at.start(base + r)..][..input.width], product);
        });
        let h_before = |r: usize| h_before(base + r);
        let (x, full) = (|r: usize| input.row(base + r), |r: usize| &full[r * units..][..hidden]);
        let inputs = Inputs { x: &x, h_before: &h_before, full: &full };
        add_gradients::<V>(parameters, gradients, gates, d_h, inputs, hidden, outer, weight, tiles);
    }
    copy_rows(dc, units, state.c, hidden, hidden);
}

/// The range from its first to its last, or from its last to its first.
fn in_order(range: core::ops::Range<usize>, reverse: bool) -> impl Iterator<Item = usize> {
    let (start, end) = (range.start, range.end);
    range.map(move |index| if reverse { start + end - 1 - index } else { index })
}
