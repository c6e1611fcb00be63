//! The right factor of a product, packed by panels of columns.

use crate::Error;
use crate::buffer::{check_fits, product, times, zeros};
use crate::simd::COLUMNS;
use alloc::vec::Vec;

/// A matrix by panels of [`COLUMNS`] columns, within a panel row by row. Columns beyond the last are 0.
#[derive(Debug, Clone, Default)]
pub struct PackedB {
    depth: usize,
    row_len: usize,
    values: Vec<f32>,
}

impl PackedB {
    /// `columns` columns of `depth` zeros.
    pub fn zeros(columns: usize, depth: usize) -> Result<Self, Error> {
        check_fits(Self::len_for(columns, depth))?;
        let row_len = whole_panels(columns);
        Ok(Self { depth, row_len, values: zeros(row_len * depth)? })
    }

    /// How many values `columns` columns of `depth` take.
    pub fn len_for(columns: usize, depth: usize) -> u64 {
        product(times(columns.div_ceil(COLUMNS), COLUMNS), depth)
    }

    /// The memory, to make room in it for another shape.
    pub fn memory(&mut self) -> &mut Vec<f32> {
        &mut self.values
    }

    /// Takes another shape, for which there is room. What the columns hold is anything, also those beyond the last.
    pub fn reshape(&mut self, columns: usize, depth: usize) {
        (self.depth, self.row_len) = (depth, whole_panels(columns));
        debug_assert!(self.values.len() >= self.row_len * depth);
    }

    /// Writes the values of one column. Returns whether any bit of them is new.
    pub fn set_column(&mut self, column: usize, values: &[f32]) -> bool {
        let start = column / COLUMNS * self.depth * COLUMNS + column % COLUMNS;
        let mut differences = 0;
        for (target, &value) in self.values[start..].iter_mut().step_by(COLUMNS).zip(values) {
            differences |= target.to_bits() ^ value.to_bits();
            *target = value;
        }
        differences != 0
    }

    /// Writes row `k`: one value for each of the first columns.
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

    /// Rows from `k` on of the panel that begins with `column`, and all that stands behind them.
    #[inline(always)]
    pub(super) fn panels(&self, column: usize, k: usize) -> &[f32] {
        &self.values[column * self.depth + k * COLUMNS..]
    }
}

/// Columns in as many panels as hold `columns`.
pub fn whole_panels(columns: usize) -> usize {
    columns.next_multiple_of(COLUMNS)
}
