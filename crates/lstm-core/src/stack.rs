//! An LSTM: its parameters, its memory, and a forward through all its layers.

use crate::dropout::{self, Draw};
use crate::gemm::{RowMap, Rows};
use crate::layer::{self, Place, Scratch, State, Steps};
use crate::layout::Layout;
use crate::memory::{check, grow, room_for, values, zeros};
use crate::pack::Packed;
use crate::simd::Native;
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
        if rows == 0 {
            return Ok(());
        }
        self.refresh();
        let Self { config, packed, work, chunk, .. } = self;
        let (directions, layers) = (config.directions(), config.num_layers());
        let (h_size, hidden, columns) = (config.h_size(), config.hidden_size(), config.output_size());
        let outside = |width| {
            if call.batch_first && !call.packed {
                RowMap::batch_first(width, batch, steps)
            } else {
                RowMap::steps_first(width)
            }
        };
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
                layer::forward::<Native>(&packed[index], place, input, steps, state, output, scratch);
            }
            if let (Some(draw), false) = (call.dropout, last) {
                dropout::apply(&mut output[..rows * columns], config.dropout(), draw, layer);
            }
            core::mem::swap(&mut below, &mut above);
        }
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
