//! The products of backward that are not sequential: gradients times weights, and the gradients of the weights.

use crate::gemm::{Columns, Left, Rows, Tiles, accumulate, whole_panels};
use crate::layout::{Kind, Parameter};
use crate::pack::panel_column;
use crate::simd::{LANES, Vector};
use alloc::vec::Vec;

/// Rows of a weight gradient that are summed at once: as many as keep all their columns in the second cache.
pub const BLOCK: usize = 512;

/// Memory for [`accumulate_outer`]: up to BLOCK rows of x, by panels. It holds nothing between two calls.
#[derive(Debug, Default)]
pub struct Outer(Columns);

impl Outer {
    /// How many values so many rows of x with `columns` columns take.
    pub fn values(columns: usize, rows: usize) -> u64 {
        Columns::values(columns, rows.min(BLOCK))
    }

    /// The memory, to make room in it.
    pub fn memory(&mut self) -> &mut Vec<f32> {
        self.0.memory()
    }
}

/// `out[j] += sum over r of d[r][j] * x(r)`, the gradient of a weight whose outputs had the gradients `d` (rows, d_width)
/// and whose inputs were `x`, of `columns` columns. `out` has a row of whole panels of these for each column of `d`.
#[allow(clippy::too_many_arguments)] // both factors, the sum, and memory
#[inline(never)]
pub fn accumulate_outer<'a, V: Vector>(
    out: &mut [f32],
    d: &[f32],
    d_width: usize,
    x: &dyn Fn(usize) -> &'a [f32],
    columns: usize,
    outer: &mut Outer,
    tiles: &mut Tiles,
) {
    let block_of_x = &mut outer.0;
    block_of_x.reshape(columns, (d.len() / d_width).min(BLOCK));
    for (index, block) in d.chunks(BLOCK * d_width).enumerate() {
        let rows = block.len() / d_width;
        for r in 0..rows {
            block_of_x.set_row(r, x(index * BLOCK + r));
        }
        let d = Left::Transposed { values: block, width: d_width };
        accumulate::<V>(out, None, d, block_of_x, 0..rows, tiles);
    }
}

/// What went into one direction's sums, row by row.
#[derive(Clone, Copy)]
pub struct Inputs<'a, 'b> {
    /// x(t), which `weight_ih` met
    pub x: &'a dyn Fn(usize) -> &'b [f32],
    /// h(t-1), which `weight_hh` met
    pub h_before: &'a dyn Fn(usize) -> &'b [f32],
    /// `o * tanh(c(t))`, which `weight_hr` met
    pub full: &'a dyn Fn(usize) -> &'a [f32],
}

/// Adds to the gradients of one direction's parameters what the rows of `d_gates` (rows, 4 * padded H), the gradients of the
/// pre-activations, and of `d_h` (rows, H_out) contribute.
#[allow(clippy::too_many_arguments)] // five parameters, what they met, and memory
pub fn add_gradients<V: Vector>(
    parameters: &[Parameter],
    gradients: &mut [f32],
    d_gates: &[f32],
    d_h: &[f32],
    inputs: Inputs,
    hidden: usize,
    outer: &mut Outer,
    weight: &mut [f32],
    tiles: &mut Tiles,
) {
    let width = 4 * hidden.next_multiple_of(LANES);
    let unit_row = |row: usize| panel_column(row / hidden, row % hidden);
    for parameter in parameters {
        let gradient = &mut gradients[parameter.offset..][..parameter.len()];
        let columns = parameter.columns;
        match parameter.kind {
            Kind::WeightIh => {
                add_outer::<V>(d_gates, width, inputs.x, columns, outer, weight, gradient, &unit_row, tiles);
            }
            Kind::WeightHh => {
                add_outer::<V>(d_gates, width, inputs.h_before, columns, outer, weight, gradient, &unit_row, tiles);
            }
            Kind::BiasIh | Kind::BiasHh => {
                let sums = &mut weight[..width];
                // Both biases have the same gradient, and b_hh follows b_ih in the layout: the sums are still there.
                if parameter.kind == Kind::BiasIh {
                    sums.fill(0.0);
                    d_gates.chunks_exact(width).for_each(|row| add(sums, row));
                }
                gradient.iter_mut().enumerate().for_each(|(row, gradient)| *gradient += sums[unit_row(row)]);
            }
            Kind::WeightHr => {
                add_outer::<V>(d_h, parameter.rows, inputs.full, columns, outer, weight, gradient, &|row| row, tiles);
            }
        }
    }
}

/// `target += source`, as far as both go.
#[inline(never)]
pub fn add(target: &mut [f32], source: &[f32]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += source;
    }
}

/// Hands each row of `rows` (., width) times `columns` to `take`.
pub fn times<V: Vector>(
    rows: &[f32],
    width: usize,
    columns: &Columns,
    wide: &mut [f32],
    tiles: &mut Tiles,
    take: &mut dyn FnMut(usize, &[f32]),
) {
    for (index, block) in rows.chunks(BLOCK * width).enumerate() {
        let wide = &mut wide[..block.len() / width * columns.width()];
        wide.fill(0.0);
        accumulate::<V>(wide, None, Left::Rows(Rows::dense(block, width), 0), columns, 0..width, tiles);
        for (r, product) in wide.chunks_exact(columns.width()).enumerate() {
            take(index * BLOCK + r, product);
        }
    }
}

/// Adds `sum over r of d(r) x(r)` to a gradient as PyTorch shapes it; row `row` of it is column `column(row)` of `d`.
#[allow(clippy::too_many_arguments)] // both factors, the sum, and memory
fn add_outer<'a, V: Vector>(
    d: &[f32],
    d_width: usize,
    x: &dyn Fn(usize) -> &'a [f32],
    columns: usize,
    outer: &mut Outer,
    weight: &mut [f32],
    gradient: &mut [f32],
    column: &dyn Fn(usize) -> usize,
    tiles: &mut Tiles,
) {
    let width = whole_panels(columns);
    let weight = &mut weight[..d_width * width];
    weight.fill(0.0);
    accumulate_outer::<V>(weight, d, d_width, x, columns, outer, tiles);
    for (row, gradient) in gradient.chunks_exact_mut(columns).enumerate() {
        add(gradient, &weight[column(row) * width..]);
    }
}
