//! The memory of training: gradients, what forwards leave behind, and the buffers of a backward.

use crate::layer::BackwardScratch;
use crate::layout::Layout;
use crate::memory::{check, grow, room_for, values, zeros};
use crate::outer::BLOCK;
use crate::pack::{Transposed, panel_column};
use crate::{Call, Config, Error, Shape};
use alloc::vec::Vec;

/// What [`Training::trace`] can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traced {
    /// A gate by its place in PyTorch's order i, f, g, o.
    Gate(usize),
    /// c(t)
    C,
    /// h(t)
    H,
}

/// All that backward reads of one training forward.
#[derive(Debug, Default)]
pub struct Tape {
    pub(crate) shape: Shape,
    pub(crate) call: Call,
    /// First row of each step.
    pub(crate) starts: Vec<usize>,
    /// (rows, I), as the caller laid it.
    pub(crate) input: Vec<f32>,
    /// (layers * D, batch, H_out) and (layers * D, batch, H)
    pub(crate) h0: Vec<f32>,
    pub(crate) c0: Vec<f32>,
    /// Of each direction of each layer: gates (rows, 4 * padded H) and c (rows, padded H); empty with checkpoints.
    pub(crate) gates: Vec<Vec<f32>>,
    pub(crate) c: Vec<Vec<f32>>,
    /// Of each direction of each layer with checkpoints: c before each segment, (segments, batch, padded H); else empty.
    pub(crate) marks: Vec<Vec<f32>>,
    /// Steps between two checkpoints; None keeps everything.
    pub(crate) every: Option<usize>,
    /// Of each layer (rows, D * H_out), before dropout.
    pub(crate) outputs: Vec<Vec<f32>>,
}

impl Tape {
    fn reserve(&mut self, config: &Config, shape: Shape, every: Option<usize>) -> Result<(), Error> {
        let Shape { steps, batch, rows } = shape;
        let states = config.num_layers() * config.directions();
        let units = config.padded_hidden_size();
        self.shape = shape;
        self.every = every;
        if every.is_none() != self.marks.iter().all(Vec::is_empty) {
            (self.gates, self.c, self.marks) = Default::default();
        }
        let (all, marked) = match every {
            None => (rows, 0),
            Some(every) => (0, steps.div_ceil(every) * batch * units),
        };
        grow(&mut self.starts, steps + 1)?;
        grow(&mut self.input, rows * config.input_size())?;
        grow(&mut self.h0, states * batch * config.h_size())?;
        grow(&mut self.c0, states * batch * config.hidden_size())?;
        for (list, count, len) in [
            (&mut self.gates, states, all * 4 * units),
            (&mut self.c, states, all * units),
            (&mut self.marks, states, marked),
            (&mut self.outputs, config.num_layers(), rows * config.output_size()),
        ] {
            list.try_reserve(count - list.len()).map_err(|_| Error::OutOfMemory { bytes: values(&[count, 24]) })?;
            list.resize_with(count, Vec::new);
            for buffer in list {
                grow(buffer, len)?;
            }
        }
        Ok(())
    }
}

/// What an LSTM holds from its first training forward on.
#[derive(Debug)]
pub struct Training {
    /// As [`Layout`] places the parameters.
    pub(crate) gradients: Vec<f32>,
    pub(crate) transposed: Vec<Transposed>,
    pub(crate) stale: bool,
    /// Forwards that wait for their backward, the last on top.
    pub(crate) tapes: Vec<Tape>,
    /// Memory of former tapes; the next forward writes the last of them.
    pub(crate) spare: Vec<Tape>,
    pub(crate) d_output: Vec<f32>,
    pub(crate) d_input: Vec<f32>,
    pub(crate) d_h: Vec<f32>,
    pub(crate) d_c: Vec<f32>,
    /// (rows, the wider of H and H_out), see [`Training::trace`]
    pub(crate) traced: Vec<f32>,
    /// Gradients between two layers, and the dropped-out output that went up there.
    pub(crate) between: [Vec<f32>; 2],
    pub(crate) masked: Vec<f32>,
    pub(crate) scratch: BackwardScratch,
    /// Squared norms of dL/dh(t) and dL/dc(t) of each direction of each layer, (layers * D, 2, rows), of the last backward,
    /// and the shape of that.
    pub(crate) norms: Vec<f32>,
    pub(crate) norms_of: (Shape, Call),
    /// With checkpoints: gates and c of the segment that is computed again.
    pub(crate) segment_gates: Vec<f32>,
    pub(crate) segment_c: Vec<f32>,
}

impl Training {
    /// Gradients of 0 and no forward.
    pub fn new(config: &Config, layout: &Layout) -> Result<Self, Error> {
        let mut transposed = room_for(config.num_layers() * config.directions())?;
        for layer in 0..config.num_layers() {
            for _ in 0..config.directions() {
                transposed.push(Transposed::new(config, layer)?);
            }
        }
        Ok(Self {
            gradients: zeros(layout.len())?,
            transposed,
            stale: true,
            tapes: Vec::new(),
            spare: Vec::new(),
            d_output: Vec::new(),
            d_input: Vec::new(),
            d_h: Vec::new(),
            d_c: Vec::new(),
            traced: Vec::new(),
            between: Default::default(),
            masked: Vec::new(),
            scratch: BackwardScratch::default(),
            norms: Vec::new(),
            norms_of: Default::default(),
            segment_gates: Vec::new(),
            segment_c: Vec::new(),
        })
    }

    /// Makes room for a forward of `shape` and for its backward, which computes the gates of `every` steps at a time
    /// again, or none.
    pub fn reserve(
        &mut self,
        config: &Config,
        layout: &Layout,
        shape: Shape,
        every: Option<usize>,
    ) -> Result<(), Error> {
        let Shape { steps, batch, rows } = shape;
        // With as few steps as that, a checkpoint would save nothing.
        let every = every.filter(|&every| every < steps);
        let segment = every.map_or(rows, |every| rows.min(every * batch));
        let (states, layers) = (config.num_layers() * config.directions(), config.num_layers());
        let (units, hidden, h_size) = (config.padded_hidden_size(), config.hidden_size(), config.h_size());
        let widest = config.input_size().max(config.output_size()).next_multiple_of(8);
        let state = values(&[states, batch, h_size]).saturating_add(values(&[states, batch, hidden]));
        let inside = values(&[rows, layers, config.output_size()]);
        let tape = [
            values(&[steps.saturating_add(1), 2]),
            values(&[rows, config.input_size()]),
            state,
            match every {
                None => values(&[rows, states, 5, units]),
                Some(every) => values(&[steps.div_ceil(every), batch, states, units]),
            },
            inside,
        ];
        let gradients = [
            values(&[rows, config.output_size(), 4]),
            values(&[rows, config.input_size()]),
            state,
            values(&[batch, units, 2]),
            values(&[batch.max(BLOCK), widest.max(units + 4), 2]),
            values(&[segment, h_size, 2]),
            values(&[segment, units, 6]),
            values(&[rows, hidden.max(h_size)]),
            values(&[rows, states, 2]),
            values(&[4 * units, widest.max(units + 4)]),
            3 * layout.len() as u64,
        ];
        let others = self.tapes.iter().map(|tape| values(&[tape.shape.rows, states, 6, units]));
        check(others.chain(tape).chain(gradients).fold(0, u64::saturating_add))?;

        let mut next = self.spare.pop().unwrap_or_default();
        next.reserve(config, shape, every)?;
        let refused = |_| Error::OutOfMemory { bytes: size_of::<Tape>() as u64 };
        self.tapes.try_reserve(1).map_err(refused)?;
        // Room for all tapes at once, so that forgetting never allocates.
        self.spare.try_reserve(self.tapes.len() + 2).map_err(refused)?;
        self.spare.push(next);

        let between = if layers > 1 { rows * config.output_size() } else { 0 };
        grow(&mut self.traced, rows * hidden.max(h_size))?;
        grow(&mut self.norms, rows * states * 2)?;
        grow(&mut self.d_output, rows * config.output_size())?;
        grow(&mut self.d_input, rows * config.input_size())?;
        grow(&mut self.d_h, states * batch * h_size)?;
        grow(&mut self.d_c, states * batch * hidden)?;
        grow(&mut self.between[0], between)?;
        grow(&mut self.between[1], between)?;
        grow(&mut self.masked, between)?;
        let scratch = &mut self.scratch;
        grow(&mut scratch.c, batch * units)?;
        grow(&mut scratch.dc, batch * units)?;
        grow(&mut scratch.dh, batch * h_size.next_multiple_of(8))?;
        grow(&mut scratch.d_output, segment * h_size)?;
        grow(&mut scratch.h_before, if every.is_some() { segment * h_size } else { 0 })?;
        grow(&mut scratch.full, segment * units)?;
        let again = if every.is_some() { segment * units } else { 0 };
        grow(&mut self.segment_gates, 4 * again)?;
        grow(&mut self.segment_c, again)?;
        grow(&mut scratch.wide, BLOCK * widest.max(units + 4))?;
        grow(&mut scratch.weight, 4 * units * widest.max(units + 4))
    }

    /// The gradients of all parameters, as [`Layout`] places them.
    pub fn gradients_mut(&mut self) -> &mut [f32] {
        &mut self.gradients
    }

    /// Of the output of the forward to go back through, as its rows lay.
    pub fn d_output_mut(&mut self) -> &mut [f32] {
        &mut self.d_output
    }

    /// Of its input, after backward.
    pub fn d_input(&self) -> &[f32] {
        &self.d_input
    }

    /// Of h_n before and of h0 after backward.
    pub fn d_h_mut(&mut self) -> &mut [f32] {
        &mut self.d_h
    }

    /// Of c_n before and of c0 after backward.
    pub fn d_c_mut(&mut self) -> &mut [f32] {
        &mut self.d_c
    }

    /// What the last forward kept of one direction of one layer, row by row in the caller's order: gate i, f, g or o or
    /// c(t), (rows, H), or h(t), (rows, H_out).
    pub fn trace(&mut self, config: &Config, layer: usize, direction: usize, what: Traced) -> &[f32] {
        let Some(tape) = self.tapes.last() else { return &[] };
        let (h_size, hidden, units) = (config.h_size(), config.hidden_size(), config.padded_hidden_size());
        let index = layer * config.directions() + direction;
        let width = if what == Traced::H { h_size } else { hidden };
        let rows = tape.shape.rows;
        let at = tape.call.outside(tape.shape, width);
        for row in 0..rows {
            let target = &mut self.traced[at.start(row)..][..width];
            match what {
                Traced::Gate(gate) => {
                    let gates = &tape.gates[index][row * 4 * units..][..4 * units];
                    target.iter_mut().enumerate().for_each(|(unit, value)| *value = gates[panel_column(gate, unit)]);
                }
                Traced::C => target.copy_from_slice(&tape.c[index][row * units..][..hidden]),
                Traced::H => {
                    let from = row * config.output_size() + direction * h_size;
                    target.copy_from_slice(&tape.outputs[layer][from..][..h_size]);
                }
            }
        }
        &self.traced[..rows * width]
    }

    /// The squared norm of dL/dh(t), or of dL/dc(t), at every row of the last backward in the caller's order, (rows).
    pub fn squared_norms(&mut self, config: &Config, layer: usize, direction: usize, of_c: bool) -> &[f32] {
        let (shape, call) = self.norms_of;
        let at = call.outside(shape, 1);
        let first = ((layer * config.directions() + direction) * 2 + usize::from(of_c)) * shape.rows;
        for (row, &square) in self.norms[first..first + shape.rows].iter().enumerate() {
            self.traced[at.start(row)] = square;
        }
        &self.traced[..shape.rows]
    }

    /// Sets the gradients of all parameters to 0.
    pub fn zero_gradients(&mut self) {
        self.gradients.fill(0.0);
    }

    /// Gives up on the last forward; its memory is used again.
    pub fn forget_last(&mut self) {
        self.spare.extend(self.tapes.pop());
    }

    /// Gives up on all forwards that wait for their backward; their memory is used again.
    pub fn forget(&mut self) {
        self.spare.append(&mut self.tapes);
    }
}
