//! Time: which sequences run at which step, and in which order a direction goes through the steps.

use core::ops::Range;

/// The steps of one direction. Step `t` has the rows `starts[t]..starts[t + 1]`, one for each of the sequences that run,
/// longest first; without lengths that is the whole batch at every step.
#[derive(Debug, Clone, Copy)]
pub struct Steps<'a> {
    /// The first row of each step, and behind the last the number of all rows.
    pub starts: &'a [usize],
    /// Whether time runs backwards. A sequence then begins at its own last step.
    pub reverse: bool,
}

impl Steps<'_> {
    /// How many steps there are.
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of these steps.
    pub fn rows(&self, steps: Range<usize>) -> Range<usize> {
        self.starts[steps.start]..self.starts[steps.end]
    }

    /// How many sequences run at step `t`; none beyond the ends.
    pub fn running(&self, t: usize) -> usize {
        if t < self.count() { self.starts[t + 1] - self.starts[t] } else { 0 }
    }

    /// The step before `t` in this direction's time. Of the first it is one beyond the ends.
    pub fn previous(&self, t: usize) -> usize {
        if self.reverse { t + 1 } else { t.wrapping_sub(1) }
    }

    /// The step of a row, and the sequence.
    pub fn of_row(&self, row: usize) -> (usize, usize) {
        let t = self.starts.partition_point(|&start| start <= row) - 1;
        (t, row - self.starts[t])
    }

    /// The range in this direction's time, first to last or last to first.
    pub fn order(&self, range: Range<usize>) -> impl Iterator<Item = usize> + use<> {
        in_order(range, self.reverse)
    }

    /// The range against this direction's time, as backward goes.
    pub fn backward_order(&self, range: Range<usize>) -> impl Iterator<Item = usize> + use<> {
        in_order(range, !self.reverse)
    }

    /// Whether `t` is the first step of a segment of `every` steps in this direction's time.
    pub fn begins_segment(&self, t: usize, every: usize) -> bool {
        if self.reverse { (t + 1).is_multiple_of(every) || t + 1 == self.count() } else { t.is_multiple_of(every) }
    }
}

fn in_order(range: Range<usize>, reverse: bool) -> impl Iterator<Item = usize> {
    let (start, end) = (range.start, range.end);
    range.map(move |index| if reverse { start + end - 1 - index } else { index })
}
