//! Buffers that grow before a call and never within one.

use crate::Error;
use alloc::vec::Vec;

/// The most bytes one LSTM may hold: WebAssembly's 32-bit memory less a margin for the program itself.
pub const LIMIT: u64 = (4 << 30) - (16 << 20);

/// Refuses a number of float32 values that could never fit.
#[inline(never)]
pub fn check(values: u64) -> Result<(), Error> {
    let bytes = values.saturating_mul(4);
    if bytes > LIMIT { Err(Error::OutOfMemory { bytes }) } else { Ok(()) }
}

/// The product of sizes as a number of values, saturating.
#[inline(never)]
pub fn values(sizes: &[usize]) -> u64 {
    sizes.iter().fold(1, |product, &size| product.saturating_mul(size as u64))
}

/// A buffer of zeros, or [`Error::OutOfMemory`].
pub fn zeros<T: Copy + Default>(len: usize) -> Result<Vec<T>, Error> {
    let mut buffer = Vec::new();
    grow(&mut buffer, len)?;
    Ok(buffer)
}

/// An empty list with room for `len` items, or [`Error::OutOfMemory`].
pub fn room_for<T>(len: usize) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { bytes: values(&[len, size_of::<T>()]) })?;
    Ok(list)
}

/// Makes room for `len` values, at least half as many again as before so that growing stays rare. What the buffer held
/// is lost where it grows: the old memory is given back first.
#[inline(never)]
pub fn grow<T: Copy + Default>(buffer: &mut Vec<T>, len: usize) -> Result<(), Error> {
    if buffer.len() >= len {
        return Ok(());
    }
    let generous = len.max(buffer.len() + buffer.len() / 2);
    *buffer = Vec::new();
    for size in [generous, len] {
        if buffer.try_reserve_exact(size).is_ok() {
            buffer.resize(size, T::default());
            return Ok(());
        }
    }
    Err(Error::OutOfMemory { bytes: values(&[len, size_of::<T>()]) })
}
