//! The layers of a recurrent network: parameters and memory. Forward and backward through all of them are in [`Stack::forward`] and
//! [`Stack::backward`].

mod backward;
mod forward;

use crate::backward_memory::BackwardMemory;
use crate::buffer::{request, sum, try_collect, zeros};
use crate::direction::Place;
use crate::gemm::PackedB;
use crate::layout::{Layout, Parameter, RowMap};
use crate::packed_weights::PackedWeights;
use crate::workspace::Workspace;
use crate::{Call, Config, Error, Shape};
use alloc::vec::Vec;

/// `nn.LSTM`, `nn.GRU` or `nn.RNN`: parameters, their packed form, and the memory of one forward at a time.
#[derive(Debug)]
pub struct Stack {
    config: Config,
    layout: Layout,
    parameters: Vec<f32>,
    /// One for each direction of each layer.
    weights: Vec<PackedWeights>,
    /// Whether parameters may have been written since they were packed.
    stale: bool,
    /// See [`Stack::version`].
    version: u32,
    shape: Shape,
    work: Workspace,
    backward_memory: Option<BackwardMemory>,
}

impl Stack {
    /// All parameters 0.
    pub fn new(config: Config) -> Result<Self, Error> {
        let (layout, parameters, weights) = allocate(&config)?;
        Ok(Self {
            config,
            layout,
            parameters,
            weights,
            stale: true,
            version: 0,
            shape: Shape::default(),
            work: Workspace::default(),
            backward_memory: None,
        })
    }

    /// The matrix of a narrow weight, and the column in it of a row as PyTorch shapes it. To change it is to make it another model's:
    /// no forward may wait for its trace.
    pub fn narrow_weight(&mut self, index: usize, row: usize) -> (&mut PackedB, usize) {
        let Parameter { kind, layer, direction, .. } = self.layout.parameters()[index];
        self.weights[layer * self.config.directions() + direction].narrow(kind, row)
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
        if let Some(memory) = &mut self.backward_memory {
            memory.stale = true;
        }
        &mut self.parameters
    }

    /// The packed parameters of the forward direction of a layer, up to date.
    pub(crate) fn weights(&mut self, layer: usize) -> &PackedWeights {
        self.refresh();
        &self.weights[layer * self.config.directions()]
    }

    fn refresh(&mut self) {
        if !self.stale {
            return;
        }
        let Self { config, layout, parameters, weights, .. } = self;
        let directions = config.directions();
        let mut changed = false;
        for (index, weights) in weights.iter_mut().enumerate() {
            changed |= weights.update(layout.of(config, index / directions, index % directions), parameters);
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

    /// Makes room for a forward of `shape`. Only this and [`Stack::reserve_training`] allocate. `chunk` steps have their input product
    /// computed at once, or as many as fit in the cache; the result does not depend on it.
    pub fn reserve(&mut self, shape: Shape, chunk: Option<usize>) -> Result<(), Error> {
        let reserved = self.work.reserve(&self.config, &self.layout, shape, chunk);
        self.shape = if reserved.is_ok() { shape } else { Shape::default() };
        if reserved.is_err() {
            self.work = Workspace::default();
        }
        reserved
    }

    /// Makes room for a training forward of the shape last reserved, and for its backward. With `checkpoint_every`, only c
    /// is saved, every so many steps, and backward computes the gates between again: less memory, the same gradients to
    /// rounding.
    pub fn reserve_training(&mut self, checkpoint_every: Option<usize>) -> Result<(), Error> {
        let Self { config, layout, shape, work, backward_memory, .. } = self;
        let reserved = match backward_memory {
            Some(memory) => Ok(memory),
            none => BackwardMemory::new(config, layout).map(|memory| none.insert(memory)),
        }
        .and_then(|memory| memory.reserve(config, layout, *shape, checkpoint_every));
        // The forward that room was made for is part of the request.
        reserved.map_err(|error| error.and(4 * work.len))
    }

    /// The input of the next forward, (rows, I); what it holds is lost by [`Stack::reserve`].
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

    /// c0 before and c_n after a forward, (layers * D, batch, H); nothing for a cell without c.
    pub fn c_mut(&mut self) -> &mut [f32] {
        let len = self.config.num_layers() * self.config.directions() * self.shape.batch * self.config.c_size();
        &mut self.work.c[..len]
    }

    /// How many sequences run at each step of a packed forward, (steps).
    pub fn batch_sizes_mut(&mut self) -> &mut [u32] {
        &mut self.work.batch_sizes[..self.shape.steps]
    }

    /// Gradients, forwards that wait, and the buffers of a backward; none before [`Stack::reserve_training`].
    pub fn backward_memory(&mut self) -> Option<&mut BackwardMemory> {
        self.backward_memory.as_mut()
    }

    /// Values and gradients of a parameter; none before [`Stack::reserve_training`]. Who writes the values calls
    /// [`Stack::parameters_mut`] too.
    pub fn parameter_and_gradient(&mut self, index: usize) -> Option<(&mut [f32], &mut [f32])> {
        let Self { layout, parameters, backward_memory, .. } = self;
        let range = layout.parameters()[index].range();
        backward_memory.as_mut().map(|memory| (&mut parameters[range.clone()], &mut memory.gradients[range]))
    }
}

/// Memory for parameters and for their packed form.
#[inline(never)]
fn allocate(config: &Config) -> Result<(Layout, Vec<f32>, Vec<PackedWeights>), Error> {
    // Twice: once as PyTorch shapes them, once packed for the kernels.
    let len = sum(&[Layout::len_for(config), PackedWeights::len_for(config)]);
    request(len, || {
        let layout = Layout::new(config)?;
        let parameters = zeros(layout.len())?;
        let directions = config.directions();
        let count = config.num_layers() * directions;
        let weights = try_collect(count, |index| PackedWeights::new(config, index / directions))?;
        Ok((layout, parameters, weights))
    })
}

/// Where a direction of a layer writes: the last layer as the caller's rows lie, the others step by step.
fn place(config: &Config, call: Call, shape: Shape, layer: usize, direction: usize) -> Place {
    let columns = config.output_size();
    let last = layer + 1 == config.num_layers();
    let output = if last { call.row_map(shape, columns) } else { RowMap::steps_first(columns) };
    Place { output, column: direction * config.h_size(), columns }
}

/// The part of `values` that belongs to direction `index` of all layers' directions, each having `len` of them.
fn part(values: &mut [f32], index: usize, len: usize) -> &mut [f32] {
    &mut values[index * len..][..len]
}

/// Copies the first `len` values.
fn copy_start(source: &[f32], target: &mut [f32], len: usize) {
    target[..len].copy_from_slice(&source[..len]);
}
