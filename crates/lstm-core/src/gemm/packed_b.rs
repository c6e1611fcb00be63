//! The right factor of a product, packed by panels of columns.

use super::narrow::{Levels, levels, quantize, scale};
use crate::Error;
use crate::buffer::{check_fits, product, times, zeros};
use crate::config::Weights;
use crate::simd::{COLUMNS, Scaled, words};
use alloc::vec::Vec;

/// A matrix by panels of [`COLUMNS`] columns, within a panel row by row. Columns beyond the last are 0.
///
/// Integers stand as `[panel][k / 2][COLUMNS][2]`, k padded with zeros to what [`words`] counts.
#[derive(Debug, Clone, Default)]
pub struct PackedB {
    depth: usize,
    row_len: usize,
    weights: Weights,
    levels: Levels,
    /// Float32, or the bits of integers, those that come first in the low bits. Behind integers, a scale for each column.
    values: Vec<f32>,
}

impl PackedB {
    /// `columns` columns of `depth` zeros.
    pub fn zeros(columns: usize, depth: usize) -> Result<Self, Error> {
        Self::of(Weights::F32, columns, depth)
    }

    /// `columns` columns of `depth` zeros of some kind.
    #[inline(never)]
    pub fn of(weights: Weights, columns: usize, depth: usize) -> Result<Self, Error> {
        let len = Self::len_of(weights, columns, depth);
        check_fits(len)?;
        let (row_len, levels) = (whole_panels(columns), levels(weights, depth));
        Ok(Self { depth, row_len, weights, levels, values: zeros(len as usize)? })
    }

    /// How many values `columns` columns of `depth` take.
    pub fn len_for(columns: usize, depth: usize) -> u64 {
        Self::len_of(Weights::F32, columns, depth)
    }

    /// The same for columns of some kind with their scales, in values of 32 bits.
    pub fn len_of(weights: Weights, columns: usize, depth: usize) -> u64 {
        let row_len = times(columns.div_ceil(COLUMNS), COLUMNS);
        match weights {
            Weights::F32 => product(row_len, depth),
            Weights::I16 => product(row_len, words(depth) + 1),
            Weights::I8 => product(row_len, words(depth) / 2 + 1),
        }
    }

    /// The memory, to make room in it for another shape of float32.
    pub fn memory(&mut self) -> &mut Vec<f32> {
        &mut self.values
    }

    /// Takes another shape, for which there is room. What the columns hold is anything, also those beyond the last.
    pub fn reshape(&mut self, columns: usize, depth: usize) {
        (self.depth, self.row_len) = (depth, whole_panels(columns));
        debug_assert!(self.values.len() >= self.row_len * depth);
    }

    /// Writes the values of one column of float32. Returns whether any bit of them is new.
    pub fn set_column(&mut self, column: usize, values: &[f32]) -> bool {
        debug_assert!(!self.is_narrow());
        let start = column / COLUMNS * self.depth * COLUMNS + column % COLUMNS;
        let mut differences = 0;
        for (target, &value) in self.values[start..].iter_mut().step_by(COLUMNS).zip(values) {
            differences |= target.to_bits() ^ value.to_bits();
            *target = value;
        }
        differences != 0
    }

    /// Where the integer of a column and k stands: its value, how far its bits are shifted, and how many they are as a mask.
    fn place(&self, column: usize, k: usize) -> (usize, usize, u32) {
        let pair = (column / COLUMNS * words(self.depth) + k / 2) * COLUMNS + column % COLUMNS;
        match self.weights {
            Weights::I8 => (pair / 2, pair % 2 * 16 + k % 2 * 8, 0xff),
            _ => (pair, k % 2 * 16, 0xffff),
        }
    }

    /// A value of a matrix of integers, integer times scale; at k = depth the scale of its column. One that is `written`, and no NaN,
    /// takes its place: a value rounded by the scale, or another scale. At k = depth + 1 the largest magnitude in the column is
    /// written, of which its scale is made.
    #[inline(never)]
    pub fn narrow_value(&mut self, column: usize, k: usize, written: f32) -> f32 {
        let of_scale = self.scale_of(column);
        let level = self.levels.weight;
        if k > self.depth {
            self.values[of_scale] = scale(&[written], level);
        } else if k == self.depth && !written.is_nan() {
            self.values[of_scale] = written;
        }
        let scale = self.values[of_scale];
        if k >= self.depth {
            return scale;
        }
        let (at, shift, mask) = self.place(column, k);
        let bits = &mut self.values[at];
        if !written.is_nan() {
            let integer = quantize(written, scale, level) as u32 & mask;
            *bits = f32::from_bits(bits.to_bits() & !(mask << shift) | integer << shift);
        }
        // Shifted up and down again, so that the sign is spread.
        let up = mask.leading_zeros();
        let integer = ((bits.to_bits() >> shift << up) as i32) >> up;
        integer as f32 * scale
    }

    /// Where the scale of a column of integers stands.
    fn scale_of(&self, column: usize) -> usize {
        self.values.len() - self.row_len + column
    }

    /// Writes row `k` of float32: one value for each of the first columns.
    #[inline(never)]
    pub fn set_row(&mut self, k: usize, values: &[f32]) {
        let (whole, rest) = values.as_chunks::<COLUMNS>();
        let start = |panel: usize| (panel * self.depth + k) * COLUMNS;
        for (panel, values) in whole.iter().enumerate() {
            let start = start(panel);
            // Of a fixed size, so that it is four loads and stores and no call.
            *self.values[start..].first_chunk_mut().expect("a whole row of a panel") = *values;
        }
        if !rest.is_empty() {
            let start = start(whole.len());
            self.values[start..][..rest.len()].copy_from_slice(rest);
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

    /// Rows of float32 from `k` on of the panel that begins with `column`, and all that stands behind them.
    #[inline(always)]
    pub(super) fn panels(&self, column: usize, k: usize) -> &[f32] {
        &self.values[column * self.depth + k * COLUMNS..]
    }

    /// The integers and their scales.
    pub(super) fn scaled(&self) -> Scaled<'_> {
        let (integers, scales) = self.values.split_at(self.scale_of(0));
        Scaled { integers, scales }
    }

    /// What the values are.
    pub fn weights(&self) -> Weights {
        self.weights
    }

    /// Whether the values are integers.
    #[inline(always)]
    pub fn is_narrow(&self) -> bool {
        self.weights != Weights::F32
    }

    /// The largest integers of narrow values and of what they are multiplied with.
    pub fn levels(&self) -> Levels {
        self.levels
    }
}

/// Columns in as many panels as hold `columns`.
pub fn whole_panels(columns: usize) -> usize {
    columns.next_multiple_of(COLUMNS)
}
