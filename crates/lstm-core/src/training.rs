//! The memory of training: gradients, what forwards leave behind, and the buffers of a backward.

use crate::gemm::whole_panels;
use crate::layer::{BackwardScratch, Kept};
use crate::layout::Layout;
use crate::memory::{check, grow, grow_all, list, product, request, sum, total, zeros};
use crate::outer::{BLOCK, Outer};
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
    /// [`crate::Lstm::version`] of the parameters it ran with.
    pub(crate) version: u32,
    /// First row of each step.
    pub(crate) starts: Vec<usize>,
    /// (rows, I), as the caller laid it.
    pub(crate) input: Vec<f32>,
    /// (layers * D, batch, H_out) and (layers * D, batch, H)
    pub(crate) h0: Vec<f32>,
    pub(crate) c0: Vec<f32>,
    pub(crate) steps: KeptSteps,
    /// Of each layer (rows, D * H_out), before dropout.
    pub(crate) outputs: Vec<f32>,
    /// Values that all of this takes.
    values: u64,
}

impl Tape {
    /// The output of a layer.
    pub(crate) fn output(&self, config: &Config, layer: usize) -> &[f32] {
        let len = self.shape.rows * config.output_size();
        &self.outputs[layer * len..][..len]
    }
}

/// The [`Kept`] of each direction of each layer, one after the other.
#[derive(Debug, Default)]
pub(crate) struct KeptSteps {
    gates: Vec<f32>,
    c: Vec<f32>,
    marks: Vec<f32>,
    /// Values of c and of marks of one direction: with checkpoints there are only marks, else only c, and gates.
    c_len: usize,
    marks_len: usize,
    /// Steps between two checkpoints, all steps without.
    every: usize,
}

impl KeptSteps {
    /// What direction `index` keeps.
    pub(crate) fn of(&mut self, index: usize) -> Kept<'_> {
        let (c, marks) = (self.c_len, self.marks_len);
        Kept {
            gates: &mut self.gates[index * 4 * c..][..4 * c],
            c: &mut self.c[index * c..][..c],
            marks: &mut self.marks[index * marks..][..marks],
            every: self.every,
        }
    }
}

/// Forwards that wait for their backward, the last on top.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    tapes: Vec<Tape>,
    /// Values that all of them take.
    values: u64,
}

impl Waiting {
    /// Adds the last forward, for which [`Waiting::reserve`] made room.
    pub(crate) fn push(&mut self, tape: Tape) {
        self.values += tape.values;
        self.tapes.push(tape);
    }

    /// The last forward, which waits no longer.
    pub(crate) fn pop(&mut self) -> Option<Tape> {
        let tape = self.tapes.pop()?;
        self.values -= tape.values;
        Some(tape)
    }

    /// Forward `index`, the oldest being 0, which waits no longer; refused if it ran with another version of the parameters.
    pub(crate) fn take(&mut self, index: usize, version: u32) -> Result<Tape, Error> {
        match self.tapes.get(index) {
            None => Err(Error::NoForward),
            Some(tape) if tape.version != version => Err(Error::StaleForward),
            Some(tape) => {
                self.values -= tape.values;
                Ok(self.tapes.remove(index))
            }
        }
    }

    /// The last forward.
    pub(crate) fn last(&self) -> Option<&Tape> {
        self.tapes.last()
    }

    /// Moves all forwards behind the others.
    fn empty_into(&mut self, others: &mut Vec<Tape>) {
        others.append(&mut self.tapes);
        self.values = 0;
    }
}

/// What an LSTM holds from its first training forward on.
#[derive(Debug)]
pub struct Training {
    /// As [`Layout`] places the parameters.
    pub(crate) gradients: Vec<f32>,
    pub(crate) transposed: Vec<Transposed>,
    pub(crate) stale: bool,
    pub(crate) waiting: Waiting,
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
    /// Norms of dL/dh(t) and dL/dc(t) of each direction of each layer, (layers * D, 2, rows), of the last backward,
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
        let d = config.directions();
        let (gradients, transposed) = request(sum(&[layout.len() as u64, Transposed::values(config)]), || {
            let transposed = list(config.num_layers() * d, |index| Transposed::new(config, index / d))?;
            Ok((zeros(layout.len())?, transposed))
        })?;
        Ok(Self {
            gradients,
            transposed,
            stale: true,
            waiting: Waiting::default(),
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
        // Rows whose gates are kept, marks, and rows whose gates are computed again.
        let (all, marks, again) = match every {
            None => (rows, 0, 0),
            Some(every) => (0, steps.div_ceil(every), rows.min(every.saturating_mul(batch))),
        };
        let mut tape = self.spare.pop().unwrap_or_default();
        tape.shape = shape;
        if every.is_some() == (tape.steps.marks_len == 0) {
            tape.steps = KeptSteps::default();
        }

        let (hidden, h_size, units) = (config.hidden_size(), config.h_size(), config.padded_hidden_size());
        let segment = all.max(again);
        let widest = config.input_size().max(config.output_size()).max(hidden);
        let (layers, input, output) = (config.num_layers(), config.input_size(), config.output_size());
        let states = layers * config.directions();
        let Self { scratch, between: [even, odd], waiting, spare, .. } = self;
        let (h, c) = (product(states * h_size, batch), product(states * hidden, batch));
        let between = if layers > 1 { product(rows, output) } else { 0 };
        let kept = &mut [
            (&mut tape.input, product(rows, input)),
            (&mut tape.h0, h),
            (&mut tape.c0, c),
            (&mut tape.steps.gates, product(all, 4 * states * units)),
            (&mut tape.steps.c, product(all, states * units)),
            (&mut tape.steps.marks, product(marks.saturating_mul(batch), states * units)),
            (&mut tape.outputs, product(rows, layers * output)),
        ];
        let buffers = &mut [
            (&mut self.traced, product(rows, hidden.max(h_size))),
            (&mut self.norms, product(rows, 2 * states)),
            (&mut self.d_output, product(rows, output)),
            (&mut self.d_input, product(rows, input)),
            (&mut self.d_h, h),
            (&mut self.d_c, c),
            (even, between),
            (odd, between),
            (&mut self.masked, between),
            (&mut scratch.c, product(batch, units)),
            (&mut scratch.dc, product(batch, units)),
            (&mut scratch.dh, product(batch, whole_panels(h_size))),
            (&mut scratch.d_output, product(segment, h_size)),
            (&mut scratch.h_before, product(again, h_size)),
            (&mut scratch.full, product(segment, units)),
            (&mut scratch.wide, product(segment.min(BLOCK), whole_panels(widest))),
            (&mut scratch.weight, product(4 * units, whole_panels(widest))),
            (scratch.outer.memory(), Outer::values(widest, segment)),
            (&mut self.segment_gates, product(again, 4 * units)),
            (&mut self.segment_c, product(again, units)),
        ];
        tape.values = sum(&[total(kept), product(2, steps), 1]);
        let all_values = sum(&[total(buffers), tape.values]);
        request(all_values, || {
            // With what holds its memory already.
            check(sum(&[all_values, waiting.values, product(3, layout.len())]))?;
            grow_all(kept)?;
            grow_all(buffers)?;
            grow(&mut tape.starts, steps + 1)?;
            let refused = |_| Error::OutOfMemory { bytes: 0 };
            waiting.tapes.try_reserve(1).map_err(refused)?;
            // Room for all tapes at once, so that forgetting never allocates.
            spare.try_reserve(waiting.tapes.len() + 2).map_err(refused)
        })?;
        tape.steps.c_len = all * units;
        tape.steps.marks_len = marks * batch * units;
        tape.steps.every = every.unwrap_or(steps);
        spare.push(tape);
        Ok(())
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
        let Some(tape) = self.waiting.last() else { return &[] };
        let (h_size, hidden, units) = (config.h_size(), config.hidden_size(), config.padded_hidden_size());
        let first = (layer * config.directions() + direction) * tape.steps.c_len;
        let (values, stride, width) = match what {
            Traced::Gate(_) => (&tape.steps.gates[4 * first..], 4 * units, hidden),
            Traced::C => (&tape.steps.c[first..], units, hidden),
            Traced::H => (tape.output(config, layer), config.output_size(), h_size),
        };
        let rows = tape.shape.rows;
        let at = tape.call.outside(tape.shape, width);
        for (row, values) in values.chunks_exact(stride).take(rows).enumerate() {
            for (column, target) in self.traced[at.start(row)..][..width].iter_mut().enumerate() {
                *target = values[match what {
                    Traced::Gate(gate) => panel_column(gate, column),
                    Traced::C => column,
                    Traced::H => direction * h_size + column,
                }];
            }
        }
        &self.traced[..rows * width]
    }

    /// The norm of dL/dh(t), or of dL/dc(t), at every row of the last backward in the caller's order, (rows).
    pub fn norms(&mut self, config: &Config, layer: usize, direction: usize, of_c: bool) -> &[f32] {
        let (shape, call) = self.norms_of;
        let at = call.outside(shape, 1);
        let first = ((layer * config.directions() + direction) * 2 + usize::from(of_c)) * shape.rows;
        for (row, &norm) in self.norms[first..first + shape.rows].iter().enumerate() {
            self.traced[at.start(row)] = norm;
        }
        &self.traced[..shape.rows]
    }

    /// Sets the gradients of all parameters to 0.
    pub fn zero_gradients(&mut self) {
        self.gradients.fill(0.0);
    }

    /// Gives up on the last forward; its memory is used again.
    pub fn forget_last(&mut self) {
        self.spare.extend(self.waiting.pop());
    }

    /// Gives up on all forwards that wait for their backward; their memory is used again.
    pub fn forget(&mut self) {
        self.waiting.empty_into(&mut self.spare);
    }
}
