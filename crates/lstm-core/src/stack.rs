//! An LSTM: its parameters, its memory, and a forward through all its layers.

use crate::dropout::{self, Draw};
use crate::gemm::{RowMap, Rows};
use crate::layer::{self, Kept, Past, Place, Scratch, State, Steps};
use crate::layout::Layout;
use crate::memory::{check, grow, room_for, values, zeros};
use crate::pack::Packed;
use crate::simd::Native;
use crate::training::Training;
use crate::{Config, Error};
use alloc::vec::Vec;

/// Half of a usual L2 cache, which the pre-activations of one chunk of steps may fill.
const CHUNK_BYTES: usize = 512 << 10;

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

/// How the rows of a forward lie, and whether it trains.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call {
    /// Input and output are (batch, seq, .) rather than (seq, batch, .). Never applies to h and c.
    pub batch_first: bool,
    /// [`Lstm::batch_sizes_mut`] says how many sequences run at each step; rows lie step by step.
    pub packed: bool,
    /// Draws these masks between layers; without, nothing is dropped.
    pub dropout: Option<Draw>,
    /// Keeps what [`Lstm::backward`] needs; [`Lstm::reserve_training`] must have made room.
    pub training: bool,
}

impl Call {
    /// How rows of `width` values lie in the caller's tensors.
    fn outside(&self, shape: Shape, width: usize) -> RowMap {
        if self.batch_first && !self.packed {
            RowMap::batch_first(width, shape.batch, shape.steps)
        } else {
            RowMap::steps_first(width)
        }
    }

    /// Applies the mask of `layer` to its output, or to that output's gradient: the same zeros and the same factor.
    fn drop_out(&self, values: &mut [f32], config: &Config, layer: usize) {
        if let Some(draw) = self.dropout {
            dropout::apply(values, config.dropout(), draw, layer);
        }
    }
}

/// Copies the first `len` values.
fn copy_start(source: &[f32], target: &mut [f32], len: usize) {
    target[..len].copy_from_slice(&source[..len]);
}

/// Buffers sized by [`Lstm::reserve`].
#[derive(Debug, Default)]
struct Workspace {
    input: Vec<f32>,
    output: Vec<f32>,
    h: Vec<f32>,
    c: Vec<f32>,
    batch_sizes: Vec<u32>,
    starts: Vec<usize>,
    between: [Vec<f32>; 2],
    pre: Vec<f32>,
    running_c: Vec<f32>,
    h_next: Vec<f32>,
    projected: Vec<f32>,
}

/// `nn.LSTM`: parameters, their packed form, and the memory of one forward at a time.
#[derive(Debug)]
pub struct Lstm {
    config: Config,
    layout: Layout,
    parameters: Vec<f32>,
    /// One for each direction of each layer.
    packed: Vec<Packed>,
    stale: bool,
    shape: Shape,
    chunk: usize,
    work: Workspace,
    training: Option<Training>,
}

impl Lstm {
    /// An LSTM with all parameters 0.
    pub fn new(config: Config) -> Result<Self, Error> {
        let layout = Layout::new(&config)?;
        let parameters = zeros(layout.len())?;
        let mut packed = room_for(config.num_layers() * config.directions())?;
        for layer in 0..config.num_layers() {
            for _ in 0..config.directions() {
                packed.push(Packed::new(&config, layer)?);
            }
        }
        Ok(Self {
            config,
            layout,
            parameters,
            packed,
            stale: true,
            shape: Shape::default(),
            chunk: 1,
            work: Workspace::default(),
            training: None,
        })
    }

    /// The hyperparameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Names, shapes and offsets of the parameters.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// All parameters, as [`Layout`] places them.
    pub fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// All parameters, to write; the next call packs them anew.
    pub fn parameters_mut(&mut self) -> &mut [f32] {
        self.stale = true;
        if let Some(training) = &mut self.training {
            training.stale = true;
        }
        &mut self.parameters
    }

    /// The packed parameters of one direction of one layer, up to date.
    pub(crate) fn packed(&mut self, layer: usize) -> &Packed {
        self.refresh();
        &self.packed[layer * self.config.directions()]
    }

    fn refresh(&mut self) {
        if !self.stale {
            return;
        }
        let Self { config, layout, parameters, packed, .. } = self;
        let d = config.directions();
        for (index, packed) in packed.iter_mut().enumerate() {
            packed.update(config, layout, parameters, index / d, index % d);
        }
        self.stale = false;
    }

    /// Makes room for a forward of `shape`; the only call that allocates. `chunk` steps have their input product
    /// computed at once, or as many as fit in the cache; the result does not depend on it.
    pub fn reserve(&mut self, shape: Shape, chunk: Option<usize>) -> Result<(), Error> {
        let Shape { steps, batch, rows } = shape;
        let config = self.config;
        let (directions, layers) = (config.directions(), config.num_layers());
        let units = config.padded_hidden_size();
        let fitting = (CHUNK_BYTES / 16) / units.saturating_mul(batch).max(1);
        let chunk = chunk.unwrap_or(fitting).clamp(1, steps.max(1));

        let states = layers * directions;
        let input = values(&[rows, config.input_size()]);
        let output = values(&[rows, config.output_size()]);
        let h = values(&[states, batch, config.h_size()]);
        let c = values(&[states, batch, config.hidden_size()]);
        let pre = values(&[chunk, batch, 4 * units]);
        let running = values(&[batch, units]);
        let projected = values(&[batch, config.proj_size().next_multiple_of(8)]);
        let between = [(layers > 1) as u64 * output, (layers > 2) as u64 * output];
        let starts = values(&[steps.saturating_add(1), 3]);
        let weights = 2 * self.layout.len() as u64;
        let all = [weights, input, output, h, c, pre, running, running, projected, between[0], between[1], starts];
        check(all.iter().fold(0, |sum: u64, &part| sum.saturating_add(part)))?;

        let work = &mut self.work;
        grow(&mut work.input, input as usize)?;
        grow(&mut work.output, output as usize)?;
        grow(&mut work.h, h as usize)?;
        grow(&mut work.c, c as usize)?;
        grow(&mut work.batch_sizes, steps)?;
        grow(&mut work.starts, steps + 1)?;
        grow(&mut work.between[0], between[0] as usize)?;
        grow(&mut work.between[1], between[1] as usize)?;
        grow(&mut work.pre, pre as usize)?;
        grow(&mut work.running_c, running as usize)?;
        grow(&mut work.h_next, running as usize)?;
        grow(&mut work.projected, projected as usize)?;
        (self.shape, self.chunk) = (shape, chunk);
        Ok(())
    }

    /// The input of the next forward, (rows, I); what it holds is lost by [`Lstm::reserve`].
    pub fn input_mut(&mut self) -> &mut [f32] {
        &mut self.work.input[..self.shape.rows * self.config.input_size()]
    }

    /// The output of the last forward, (rows, D * H_out).
    pub fn output(&self) -> &[f32] {
        &self.work.output[..self.shape.rows * self.config.output_size()]
    }

    /// h0 before and h_n after a forward, (layers * D, batch, H_out).
    pub fn h_mut(&mut self) -> &mut [f32] {
        let len = self.config.num_layers() * self.config.directions() * self.shape.batch * self.config.h_size();
        &mut self.work.h[..len]
    }

    /// c0 before and c_n after a forward, (layers * D, batch, H).
    pub fn c_mut(&mut self) -> &mut [f32] {
        let len = self.config.num_layers() * self.config.directions() * self.shape.batch * self.config.hidden_size();
        &mut self.work.c[..len]
    }

    /// Gradients, forwards that wait, and the buffers of a backward; none before [`Lstm::reserve_training`].
    pub fn training(&mut self) -> Option<&mut Training> {
        self.training.as_mut()
    }

    /// How many sequences run at each step of a packed forward, (steps).
    pub fn batch_sizes_mut(&mut self) -> &mut [u32] {
        &mut self.work.batch_sizes[..self.shape.steps]
    }

    /// Runs all layers over what [`Lstm::reserve`] made room for. Never allocates.
    ///
    /// Fails only on batch sizes that do not descend from at most `batch` to at least 1 and add up to the rows.
    pub fn forward(&mut self, call: Call) -> Result<(), Error> {
        let Shape { steps, batch, rows } = self.shape;
        self.place_steps(call.packed)?;
        self.refresh();
        let Self { config, packed, work, chunk, training, .. } = self;
        let (directions, layers) = (config.directions(), config.num_layers());
        let (h_size, hidden, columns) = (config.h_size(), config.hidden_size(), config.output_size());
        let outside = |width| call.outside(self.shape, width);
        let mut tape = if call.training { training.as_mut().and_then(|training| training.spare.pop()) } else { None };
        if let Some(tape) = &mut tape {
            tape.call = call;
            tape.starts[..steps + 1].copy_from_slice(&work.starts[..steps + 1]);
            copy_start(&work.input, &mut tape.input, rows * config.input_size());
            copy_start(&work.h, &mut tape.h0, layers * directions * batch * h_size);
            copy_start(&work.c, &mut tape.c0, layers * directions * batch * hidden);
        }
        // No row, no layer: the states pass through.
        let layers = if rows == 0 { 0 } else { layers };
        let [even, odd] = &mut work.between;
        let (mut above, mut below) = (&mut even[..], &mut odd[..]);
        for layer in 0..layers {
            let (first, last) = (layer == 0, layer + 1 == layers);
            let width = config.layer_input_size(layer);
            let input =
                if first { Rows { values: &work.input, width, at: outside(width) } } else { Rows::dense(below, width) };
            let output = if last { &mut work.output[..] } else { &mut above[..] };
            for direction in 0..directions {
                let index = layer * directions + direction;
                let place = Place {
                    reverse: direction == 1,
                    output: if last { outside(columns) } else { RowMap::steps_first(columns) },
                    column: direction * h_size,
                };
                let state = State {
                    h: &mut work.h[index * batch * h_size..][..batch * h_size],
                    c: &mut work.c[index * batch * hidden..][..batch * hidden],
                };
                let scratch = Scratch {
                    pre: &mut work.pre,
                    c: &mut work.running_c,
                    h_next: &mut work.h_next,
                    projected: &mut work.projected,
                    chunk: *chunk,
                };
                let steps = Steps(&work.starts[..steps + 1]);
                let kept = tape.as_mut().map(|tape| Kept { gates: &mut tape.gates[index], c: &mut tape.c[index] });
                layer::forward::<Native>(&packed[index], place, input, steps, state, output, scratch, kept);
            }
            if let Some(tape) = &mut tape {
                let at = if last { outside(columns) } else { RowMap::steps_first(columns) };
                for (row, kept) in tape.outputs[layer].chunks_exact_mut(columns).take(rows).enumerate() {
                    kept.copy_from_slice(&output[at.start(row)..][..columns]);
                }
            }
            if !last {
                call.drop_out(&mut output[..rows * columns], config, layer);
            }
            core::mem::swap(&mut below, &mut above);
        }
        if let (Some(training), Some(tape)) = (training, tape) {
            training.tapes.push(tape);
        }
        Ok(())
    }

    /// Makes room for a training forward of the shape last reserved, and for its backward.
    pub fn reserve_training(&mut self) -> Result<(), Error> {
        if self.training.is_none() {
            self.training = Some(Training::new(&self.config, &self.layout)?);
        }
        let Some(training) = &mut self.training else { unreachable!() };
        training.reserve(&self.config, &self.layout, self.shape)
    }

    /// The mirror of [`Lstm::forward`]: goes back through the last training forward that still waits for it, from the
    /// gradients of its output, h_n and c_n in the training buffers to those of its input, h0 and c0 there, and adds to
    /// the gradients of the parameters. Never allocates.
    pub fn backward(&mut self) -> Result<(), Error> {
        let Self { config, layout, packed, parameters, training, .. } = self;
        let training = training.as_mut().ok_or(Error::NoForward)?;
        let mut tape = training.tapes.pop().ok_or(Error::NoForward)?;
        let Shape { steps, batch, rows } = tape.shape;
        let (directions, layers) = (config.directions(), config.num_layers());
        let (h_size, hidden, columns) = (config.h_size(), config.hidden_size(), config.output_size());
        if training.stale {
            for (index, transposed) in training.transposed.iter_mut().enumerate() {
                transposed.update(config, layout, parameters, index / directions, index % directions);
            }
            training.stale = false;
        }
        training.d_input[..rows * config.input_size()].fill(0.0);
        let [even, odd] = &mut training.between;
        let (mut above, mut below) = (&mut even[..], &mut odd[..]);
        for layer in (0..if rows == 0 { 0 } else { layers }).rev() {
            let (first, last) = (layer == 0, layer + 1 == layers);
            let width = config.layer_input_size(layer);
            let input = if first {
                Rows { values: &tape.input, width, at: tape.call.outside(tape.shape, width) }
            } else {
                copy_start(&tape.outputs[layer - 1], &mut training.masked, rows * columns);
                tape.call.drop_out(&mut training.masked[..rows * columns], config, layer - 1);
                Rows::dense(&training.masked, width)
            };
            let d_output = if last { &training.d_output[..] } else { &above[..] };
            let d_input = if first { &mut training.d_input[..] } else { &mut below[..] };
            d_input[..rows * width].fill(0.0);
            for direction in 0..directions {
                let index = layer * directions + direction;
                let outside = tape.call.outside(tape.shape, columns);
                let place = Place {
                    reverse: direction == 1,
                    output: if last { outside } else { RowMap::steps_first(columns) },
                    column: direction * h_size,
                };
                let (h_at, c_at) = (index * batch * h_size, index * batch * hidden);
                let past = Past {
                    output: &tape.outputs[layer],
                    columns,
                    h0: &tape.h0[h_at..][..batch * h_size],
                    c0: &tape.c0[c_at..][..batch * hidden],
                };
                let state = State {
                    h: &mut training.d_h[h_at..][..batch * h_size],
                    c: &mut training.d_c[c_at..][..batch * hidden],
                };
                layer::backward::<Native>(
                    &packed[index],
                    &mut training.transposed[index],
                    place,
                    input,
                    Steps(&tape.starts[..steps + 1]),
                    past,
                    Kept { gates: &mut tape.gates[index], c: &mut tape.c[index] },
                    state,
                    d_output,
                    d_input,
                    layout.of(config, layer, direction),
                    &mut training.gradients,
                    &mut training.scratch,
                );
            }
            if !first {
                tape.call.drop_out(&mut d_input[..rows * columns], config, layer - 1);
            }
            core::mem::swap(&mut below, &mut above);
        }
        training.spare.push(tape);
        Ok(())
    }

    /// Fills `starts`, the first row of each step.
    fn place_steps(&mut self, packed: bool) -> Result<(), Error> {
        let Shape { steps, batch, rows } = self.shape;
        let starts = &mut self.work.starts[..steps + 1];
        if !packed {
            for (t, start) in starts.iter_mut().enumerate() {
                *start = t * batch;
            }
            return Ok(());
        }
        let (mut row, mut running) = (0, batch);
        for (&size, start) in self.work.batch_sizes[..steps].iter().zip(starts.iter_mut()) {
            let size = size as usize;
            if size == 0 || size > running {
                return Err(Error::BatchSizes);
            }
            *start = row;
            (row, running) = (row + size, size);
        }
        starts[steps] = row;
        if row == rows { Ok(()) } else { Err(Error::BatchSizes) }
    }
}
