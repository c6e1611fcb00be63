//! An LSTM: its parameters, its memory, and forward and backward through all its layers.

use crate::cell::Detour;
use crate::gemm::{RowMap, Rows, Tiles};
use crate::layer::{self, Norms, Past, Place, Scratch, State, Steps};
use crate::layout::Layout;
use crate::memory::{list, request, zeros};
use crate::pack::Packed;
use crate::simd::Native;
use crate::training::Training;
use crate::workspace::Workspace;
use crate::{Call, Config, Error, Shape};
use alloc::vec::Vec;

/// Copies the first `len` values.
fn copy_start(source: &[f32], target: &mut [f32], len: usize) {
    target[..len].copy_from_slice(&source[..len]);
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
    /// See [`Lstm::version`].
    version: u32,
    shape: Shape,
    work: Workspace,
    training: Option<Training>,
}

impl Lstm {
    /// An LSTM with all parameters 0.
    pub fn new(config: Config) -> Result<Self, Error> {
        // Twice: once as PyTorch shapes them, once packed for the kernels.
        let values = Layout::values(&config).saturating_add(Packed::values(&config));
        let (layout, parameters, packed) = request(values, || {
            let layout = Layout::new(&config)?;
            let parameters = zeros(layout.len())?;
            let d = config.directions();
            let packed = list(config.num_layers() * d, |index| Packed::new(&config, index / d))?;
            Ok((layout, parameters, packed))
        })?;
        Ok(Self {
            config,
            layout,
            parameters,
            packed,
            stale: true,
            version: 0,
            shape: Shape::default(),
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

    /// The packed parameters of the forward direction of a layer, up to date.
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
        let mut changed = false;
        for (index, packed) in packed.iter_mut().enumerate() {
            changed |= packed.update(config, layout, parameters, index / d, index % d);
        }
        self.version = self.version.wrapping_add(u32::from(changed));
        self.stale = false;
    }

    /// A number that grows when the values of the parameters change. A forward and its backward must see the same: the
    /// gradients of a forward with other weights would be wrong.
    pub fn version(&mut self) -> u32 {
        self.refresh();
        self.version
    }

    /// Makes room for a forward of `shape`; the only call that allocates. `chunk` steps have their input product
    /// computed at once, or as many as fit in the cache; the result does not depend on it.
    pub fn reserve(&mut self, shape: Shape, chunk: Option<usize>) -> Result<(), Error> {
        let reserved = self.work.reserve(&self.config, &self.layout, shape, chunk);
        self.shape = if reserved.is_ok() { shape } else { Shape::default() };
        if reserved.is_err() {
            self.work = Workspace::default();
        }
        reserved
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

    /// Values and gradients of a parameter; none before [`Lstm::reserve_training`]. Who writes the values calls
    /// [`Lstm::parameters_mut`] too.
    pub fn parameter_and_gradient(&mut self, index: usize) -> Option<(&mut [f32], &mut [f32])> {
        let Self { layout, parameters, training, .. } = self;
        let range = layout.parameters()[index].range();
        training.as_mut().map(|training| (&mut parameters[range.clone()], &mut training.gradients[range]))
    }

    /// How many sequences run at each step of a packed forward, (steps).
    pub fn batch_sizes_mut(&mut self) -> &mut [u32] {
        &mut self.work.batch_sizes[..self.shape.steps]
    }

    /// Runs all layers over what [`Lstm::reserve`] made room for. Never allocates.
    ///
    /// Fails only on batch sizes that do not descend from at most `batch` to at least 1 and add up to the rows.
    pub fn forward(&mut self, call: Call, tiles: &mut Tiles) -> Result<(), Error> {
        let Shape { steps, batch, rows } = self.shape;
        self.work.place_steps(self.shape, call.packed)?;
        self.refresh();
        let Self { config, packed, version, work, training, .. } = self;
        let (directions, layers) = (config.directions(), config.num_layers());
        let (h_size, hidden, columns) = (config.h_size(), config.hidden_size(), config.output_size());
        let outside = |width| call.outside(self.shape, width);
        let mut tape = if call.training { training.as_mut().and_then(|training| training.spare.pop()) } else { None };
        if let Some(tape) = &mut tape {
            tape.call = call;
            tape.version = *version;
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
                    detour: Detour { full: &mut work.full, projected: &mut work.projected },
                    chunk: work.chunk,
                    kept: tape.as_mut().map(|tape| tape.steps.of(index)),
                };
                let steps = Steps(&work.starts[..steps + 1]);
                layer::forward::<Native>(&packed[index], place, input, steps, state, output, scratch, tiles);
            }
            if let Some(tape) = &mut tape {
                let at = if last { outside(columns) } else { RowMap::steps_first(columns) };
                for (row, kept) in
                    tape.outputs[layer * rows * columns..].chunks_exact_mut(columns).take(rows).enumerate()
                {
                    kept.copy_from_slice(&output[at.start(row)..][..columns]);
                }
            }
            if !last {
                call.drop_out(&mut output[..rows * columns], config, layer);
            }
            core::mem::swap(&mut below, &mut above);
        }
        if let (Some(training), Some(tape)) = (training, tape) {
            training.waiting.push(tape);
        }
        Ok(())
    }

    /// Makes room for a training forward of the shape last reserved, and for its backward. With `every`, c is kept only
    /// every so many steps and backward computes the gates between again: less memory, the same gradients to rounding.
    pub fn reserve_training(&mut self, every: Option<usize>) -> Result<(), Error> {
        let Self { config, layout, shape, work, training, .. } = self;
        let reserved = match training {
            Some(training) => Ok(training),
            none => Training::new(config, layout).map(|training| none.insert(training)),
        }
        .and_then(|training| training.reserve(config, layout, *shape, every));
        // The forward that room was made for is part of the request.
        reserved.map_err(|error| error.and(4 * work.values))
    }

    /// The mirror of [`Lstm::forward`]: goes back through training forward `index` of those that wait for it, the oldest
    /// being 0, from the gradients of its output, h_n and c_n in the training buffers to those of its input, h0 and c0
    /// there, and adds to the gradients of the parameters. Never allocates.
    ///
    /// Fails with [`Error::NoForward`] if there is none, and with [`Error::StaleForward`] if the parameters have changed
    /// since; the forward then waits on.
    pub fn backward(&mut self, index: usize, tiles: &mut Tiles) -> Result<(), Error> {
        let version = self.version();
        let Self { config, layout, packed, parameters, training, .. } = self;
        let training = training.as_mut().ok_or(Error::NoForward)?;
        let mut tape = training.waiting.take(index, version)?;
        let Shape { steps, batch, rows } = tape.shape;
        let (directions, layers) = (config.directions(), config.num_layers());
        let (h_size, hidden, columns) = (config.h_size(), config.hidden_size(), config.output_size());
        if training.stale {
            for (index, transposed) in training.transposed.iter_mut().enumerate() {
                transposed.update(config, layout, parameters, index / directions, index % directions);
            }
            training.stale = false;
        }
        let [even, odd] = &mut training.between;
        let (mut above, mut below) = (&mut even[..], &mut odd[..]);
        for layer in (0..if rows == 0 { 0 } else { layers }).rev() {
            let (first, last) = (layer == 0, layer + 1 == layers);
            let width = config.layer_input_size(layer);
            let input = if first {
                Rows { values: &tape.input, width, at: tape.call.outside(tape.shape, width) }
            } else {
                copy_start(tape.output(config, layer - 1), &mut training.masked, rows * columns);
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
                    output: &tape.outputs[layer * rows * columns..][..rows * columns],
                    columns,
                    h0: &tape.h0[h_at..][..batch * h_size],
                    c0: &tape.c0[c_at..][..batch * hidden],
                };
                let state = State {
                    h: &mut training.d_h[h_at..][..batch * h_size],
                    c: &mut training.d_c[c_at..][..batch * hidden],
                };
                let mut kept = tape.steps.of(index);
                if !kept.marks.is_empty() {
                    (kept.gates, kept.c) = (&mut training.segment_gates, &mut training.segment_c);
                }
                let (h, c) = training.norms[index * 2 * rows..][..2 * rows].split_at_mut(rows);
                let norms = Norms { h, c };
                layer::backward::<Native>(
                    &packed[index],
                    &training.transposed[index],
                    place,
                    input,
                    Steps(&tape.starts[..steps + 1]),
                    past,
                    kept,
                    state,
                    d_output,
                    d_input,
                    layout.of(config, layer, direction),
                    &mut training.gradients,
                    norms,
                    &mut training.scratch,
                    tiles,
                );
            }
            if !first {
                tape.call.drop_out(&mut d_input[..rows * columns], config, layer - 1);
            }
            core::mem::swap(&mut below, &mut above);
        }
        training.norms_of = (tape.shape, tape.call);
        training.spare.push(tape);
        Ok(())
    }
}
