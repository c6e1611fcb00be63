//! The right factor of a product, packed by panels of columns.

use super::narrow::{Levels, levels, quantize, scale};
use crate::Error;
use crate::buffer::{check_fits, product, zeros};
use crate::config::Weights;
use crate::simd::COLUMNS;
use alloc::vec::Vec;

/// A matrix by panels of [`COLUMNS`] columns, within a panel row by row. Columns beyond the last are 0.
#[derive(Debug, Clone, Default)]
pub struct PackedB {
    depth: usize,
    row_len: usize,
    values: Values,
    /// Of narrow values, one for each column.
    scales: Vec<f32>,
}

/// The values of a matrix. Of integers, those of two rows stand together: `[k / 2][COLUMNS][2]`.
#[derive(Debug, Clone)]
pub enum Values {
    /// See [`Weights::F32`].
    F32(Vec<f32>),
    /// See [`Weights::I8`].
    I8(Vec<[i8; 2]>),
    /// See [`Weights::I16`].
    I16(Vec<[i16; 2]>),
}

impl Default for Values {
    fn default() -> Self {
        Self::F32(Vec::new())
    }
}

impl PackedB {
    /// `columns` columns of `depth` zeros.
    pub fn zeros(columns: usize, depth: usize) -> Result<Self, Error> {
        Self::of(Weights::F32, columns, depth)
    }

    /// `columns` columns of `depth` zeros of some kind.
    pub fn of(weights: Weights, columns: usize, depth: usize) -> Result<Self, Error> {
        check_fits(Self::len_of(weights, columns, depth))?;
        let row_len = whole_panels(columns);
        let pairs = row_len * depth.div_ceil(2);
        Ok(Self {
            depth,
            row_len,
            values: match weights {
                Weights::F32 => Values::F32(zeros(row_len * depth)?),
                Weights::I8 => Values::I8(zeros(pairs)?),
                Weights::I16 => Values::I16(zeros(pairs)?),
            },
            scales: if weights == Weights::F32 { Vec::new() } else { zeros(row_len)? },
        })
    }

    /// How many values `columns` columns of `depth` take.
    pub fn len_for(columns: usize, depth: usize) -> u64 {
        Self::len_of(Weights::F32, columns, depth)
    }

    /// The same in float32 values for columns of some kind, and for their scales.
    pub fn len_of(weights: Weights, columns: usize, depth: usize) -> u64 {
        let row_len = columns.div_ceil(COLUMNS).saturating_mul(COLUMNS);
        match weights {
            Weights::F32 => product(row_len, depth),
            Weights::I16 => product(row_len, depth.div_ceil(2).saturating_add(1)),
            // Two columns of a pair of rows are four bytes.
            Weights::I8 => product(row_len / 2, depth.div_ceil(2)).saturating_add(row_len as u64),
        }
    }

    /// The memory, to make room in it for another shape.
    pub fn memory(&mut self) -> &mut Vec<f32> {
        self.floats()
    }

    /// The values of a matrix of float32: those that are written row by row are.
    fn floats(&mut self) -> &mut Vec<f32> {
        match &mut self.values {
            Values::F32(values) => values,
            _ => unreachable!(),
        }
    }

    /// Takes another shape, for which there is room. What the columns hold is anything, also those beyond the last.
    pub fn reshape(&mut self, columns: usize, depth: usize) {
        (self.depth, self.row_len) = (depth, whole_panels(columns));
        debug_assert!(self.memory().len() >= columns * depth);
    }

    /// Writes the values of one column. Returns whether any bit of them is new; of narrow ones always.
    pub fn set_column(&mut self, column: usize, values: &[f32]) -> bool {
        let Self { depth, scales, .. } = self;
        let (panel, column_in_panel) = (column / COLUMNS, column % COLUMNS);
        let start = |depth: usize| panel * depth * COLUMNS + column_in_panel;
        match &mut self.values {
            Values::F32(floats) => {
                let mut differences = 0;
                for (target, &value) in floats[start(*depth)..].iter_mut().step_by(COLUMNS).zip(values) {
                    differences |= target.to_bits() ^ value.to_bits();
                    *target = value;
                }
                return differences != 0;
            }
            Values::I8(pairs) => {
                let level = levels(Weights::I8, *depth).weight;
                scales[column] = scale(values, level);
                let pairs = pairs[start(depth.div_ceil(2))..].iter_mut().step_by(COLUMNS);
                for (pair, values) in pairs.zip(values.chunks(2)) {
                    for (target, &value) in pair.iter_mut().zip(values) {
                        *target = quantize(value, scales[column], level) as i8;
                    }
                }
            }
            Values::I16(pairs) => {
                let level = levels(Weights::I16, *depth).weight;
                scales[column] = scale(values, level);
                let pairs = pairs[start(depth.div_ceil(2))..].iter_mut().step_by(COLUMNS);
                for (pair, values) in pairs.zip(values.chunks(2)) {
                    for (target, &value) in pair.iter_mut().zip(values) {
                        *target = quantize(value, scales[column], level);
                    }
                }
            }
        }
        true
    }

    /// Copies the values of one column out: of narrow ones, integer times scale.
    pub fn column(&self, column: usize, out: &mut [f32]) {
        for (k, value) in out.iter_mut().enumerate() {
            let at = |k: usize, depth: usize| (column / COLUMNS * depth + k) * COLUMNS + column % COLUMNS;
            let pair = at(k / 2, self.depth.div_ceil(2));
            *value = match &self.values {
                Values::F32(values) => values[at(k, self.depth)],
                Values::I8(pairs) => f32::from(pairs[pair][k % 2]) * self.scales[column],
                Values::I16(pairs) => f32::from(pairs[pair][k % 2]) * self.scales[column],
            };
        }
    }

    /// Writes row `k`: one value for each of the first columns.
    #[inline(never)]
    pub fn set_row(&mut self, k: usize, values: &[f32]) {
        let (whole, rest) = values.as_chunks::<COLUMNS>();
        let depth = self.depth;
        let start = |panel: usize| (panel * depth + k) * COLUMNS;
        let floats = self.floats();
        for (panel, values) in whole.iter().enumerate() {
            let start = start(panel);
            // Of a fixed size, so that it is four loads and stores and no call.
            *floats[start..].first_chunk_mut().expect("a whole row of a panel") = *values;
        }
        if !rest.is_empty() {
            let start = start(whole.len());
            floats[start..][..rest.len()].copy_from_slice(rest);
        }
    }

    /// How many values each column has.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// How many values a row of results has: whole panels.
    pub fn row_len(&self) -> usize {
        self.row_len
    }

    /// Where row `k` of the panel that begins with `column` stands in the values; of integers, the pair of rows from an even `k` on.
    #[inline(always)]
    pub(super) fn start(&self, column: usize, k: usize) -> usize {
        let (depth, k) = if self.is_narrow() { (self.depth.div_ceil(2), k / 2) } else { (self.depth, k) };
        column * depth + k * COLUMNS
    }

    /// The values, for the kernels.
    #[inline(always)]
    pub(super) fn values(&self) -> &Values {
        &self.values
    }

    /// Of narrow values the scale of each column from `column` on.
    #[inline(always)]
    pub(super) fn scales(&self, column: usize) -> &[f32] {
        if self.is_narrow() { &self.scales[column..] } else { &[] }
    }

    /// Whether the values are integers.
    #[inline(always)]
    pub fn is_narrow(&self) -> bool {
        !matches!(self.values, Values::F32(_))
    }

    /// The largest integers of narrow values and of what they are multiplied with.
    pub(super) fn levels(&self) -> Levels {
        levels(if matches!(self.values, Values::I8(_)) { Weights::I8 } else { Weights::I16 }, self.depth)
    }
}

/// Columns in as many panels as hold `columns`.
pub fn whole_panels(columns: usize) -> usize {
    columns.next_multiple_of(COLUMNS)
}
