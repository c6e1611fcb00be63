//! Buffers that grow before a call and never within one.

use crate::Error;
use alloc::vec::Vec;

/// The most bytes that one object may hold: WebAssembly's 32-bit memory less a margin for the program itself.
pub const MAX_BYTES: u64 = (4 << 30) - (16 << 20);

/// Refuses a number of float32 values that could never fit.
#[inline(never)]
pub fn check_fits(values: u64) -> Result<(), Error> {
    if values > MAX_BYTES / 4 { Err(refused(values)) } else { Ok(()) }
}

/// The product of two sizes as a number of values. In WebAssembly it cannot overflow, and is one instruction.
#[inline(always)]
pub fn product(a: usize, b: usize) -> u64 {
    (a as u64).saturating_mul(b as u64)
}

/// The product of two sizes, saturating. Called rather than inlined: it is six instructions in WebAssembly.
#[inline(never)]
pub fn times(a: usize, b: usize) -> usize {
    a.saturating_mul(b)
}

/// The sum of numbers of values, saturating.
#[inline(never)]
pub fn sum(values: &[u64]) -> u64 {
    values.iter().fold(0, |sum: u64, &values| sum.saturating_add(values))
}

/// The allocator refused a part of a request; [`request`] puts the bytes of the whole in.
const PART: Error = Error::OutOfMemory { bytes: 0 };

#[inline(never)]
fn refused(values: u64) -> Error {
    Error::OutOfMemory { bytes: values.saturating_mul(4) }
}

/// Runs `action`, which needs memory for so many float32 values in all, unless they could never fit. Whichever part of it is
/// refused, the error tells the bytes of the whole.
pub fn request<T>(values: u64, action: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    check_fits(values)?;
    action().map_err(|_| refused(values))
}

/// Makes room for so many values in each buffer.
#[inline(never)]
pub fn grow_all(buffers: &mut [(&mut Vec<f32>, u64)]) -> Result<(), Error> {
    buffers.iter_mut().try_for_each(|(buffer, len)| grow(buffer, *len as usize))
}

/// The values of all buffers together, saturating.
#[inline(never)]
pub fn total(buffers: &[(&mut Vec<f32>, u64)]) -> u64 {
    buffers.iter().fold(0, |sum: u64, (_, len)| sum.saturating_add(*len))
}

/// A buffer of zeros, or [`Error::OutOfMemory`].
pub fn zeros<T: Copy + Default>(len: usize) -> Result<Vec<T>, Error> {
    let mut buffer = Vec::new();
    grow(&mut buffer, len)?;
    Ok(buffer)
}

/// An empty list with room for `len` items, or [`Error::OutOfMemory`].
pub fn with_capacity<T>(len: usize) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(len).map_err(|_| PART)?;
    Ok(list)
}

/// Adds an item to a list, or [`Error::OutOfMemory`].
pub fn push<T>(list: &mut Vec<T>, item: T) -> Result<(), Error> {
    list.try_reserve(1).map_err(|_| PART)?;
    list.push(item);
    Ok(())
}

/// A list of `len` items, each made from its index; the first error if one cannot be made.
pub fn try_collect<T>(len: usize, item: impl Fn(usize) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let mut list = with_capacity(len)?;
    for index in 0..len {
        list.push(item(index)?);
    }
    Ok(list)
}

/// Makes room for `len` values, at least half as many again as before so that growing stays rare. What the buffer held
/// is lost where it grows: the old memory is given back first.
#[inline(never)]
pub fn grow<T: Copy + Default>(buffer: &mut Vec<T>, len: usize) -> Result<(), Error> {
    if buffer.len() >= len {
        return Ok(());
    }
    let before = buffer.len();
    let generous = len.max(before + before / 2);
    *buffer = Vec::new();
    // What was there fits again: a forward that waits for its backward still needs that much.
    for size in [generous, len, before] {
        if buffer.try_reserve_exact(size).is_ok() {
            buffer.resize(size, T::default());
            break;
        }
    }
    if buffer.len() >= len { Ok(()) } else { Err(PART) }
}
