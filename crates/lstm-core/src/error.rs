//! What can be wrong with a request, as a code and numbers; words are the caller's business.

use core::fmt;

/// Why a request was refused. Parameters and states are as they were; a refused reservation leaves nothing reserved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Error {
    /// `input_size` is 0.
    InputSize,
    /// `hidden_size` is 0.
    HiddenSize,
    /// `num_layers` is 0, or 2^16 or more.
    NumLayers,
    /// `proj_size` is not smaller than `hidden_size`, or not 0 for a cell that has no projection.
    ProjSize,
    /// `dropout` is not a probability.
    Dropout,
    /// The bytes asked for (saturating) pass [`crate::buffer::MAX_BYTES`], or the allocator refused them.
    OutOfMemory {
        /// How many bytes the request needed in all.
        bytes: u64,
    },
    /// A backward without a training forward that waits for it.
    NoForward,
    /// A backward through a forward that ran with other values of the parameters.
    StaleForward,
    /// A packed sequence's batch sizes are not descending from at most `batch` to at least 1.
    BatchSizes,
}

impl Error {
    /// The same error, with so many more bytes that the request needed.
    pub(crate) fn and(self, more: u64) -> Self {
        match self {
            Self::OutOfMemory { bytes } => Self::OutOfMemory { bytes: bytes.saturating_add(more) },
            other => other,
        }
    }

    /// A stable positive number for the boundary to WebAssembly, where 0 means that all is well.
    pub fn code(self) -> u32 {
        match self {
            Self::InputSize => 1,
            Self::HiddenSize => 2,
            Self::NumLayers => 3,
            Self::ProjSize => 4,
            Self::Dropout => 5,
            Self::OutOfMemory { .. } => 6,
            Self::BatchSizes => 7,
            Self::NoForward => 8,
            Self::StaleForward => 9,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InputSize => f.write_str("input_size must be positive"),
            Self::HiddenSize => f.write_str("hidden_size must be positive"),
            Self::NumLayers => f.write_str("num_layers must be positive and less than 65536"),
            Self::ProjSize => f.write_str("proj_size must be smaller than hidden_size"),
            Self::Dropout => f.write_str("dropout must be a probability between 0 and 1"),
            Self::NoForward => f.write_str("there is no training forward to go back through"),
            Self::StaleForward => f.write_str("the parameters changed after the forward"),
            Self::OutOfMemory { bytes } => write!(f, "{bytes} bytes are more than can be had"),
            Self::BatchSizes => f.write_str("batch sizes must descend from at most the batch to at least 1"),
        }
    }
}

impl core::error::Error for Error {}
