//! Buffers that grow before a call and never within one.

use crate::Error;
use alloc::vec::Vec;

/// The most bytes one LSTM may hold: WebAssembly's 32-bit memory less a margin for the program itself.
pub const LIMIT: u64 = (4 << 30) - (16 << 20);

/// Refuses a number of float32 values that could never fit.
#[inline(never)]
pub fn check(values: u64) -> Result<(), Error> {
    if values > LIMIT / 4 { Err(refused::<f32>(values as f64)) } else { Ok(()) }
}

/// The product of sizes as a number of values, saturating. By way of float64, which holds exactly what memory could and
/// never wraps: a product of u64 that saturates is one of 128 bits in WebAssembly.
#[inline(never)]
pub fn values(sizes: &[usize]) -> u64 {
    sizes.iter().fold(1.0, |product, &size| product * size as f64) as u64
}

fn refused<T>(len: f64) -> Error {
    Error::OutOfMemory { bytes: (len * size_of::<T>() as f64) as u64 }
}

/// Makes room for so many values in each buffer, or grows none if together with `others` they could never fit.
#[inline(never)]
pub fn reserve(buffers: &mut [(&mut Vec<f32>, f64)], others: f64) -> Result<(), Error> {
    check(buffers.iter().fold(others, |sum, (_, len)| sum + len) as u64)?;
    buffers.iter_mut().try_for_each(|(buffer, len)| grow(buffer, *len as usize))
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
    list.try_reserve_exact(len).map_err(|_| refused::<T>(len as f64))?;
    Ok(list)
}

/// A list of `len` items, each made from its index.
pub fn list<T>(len: usize, item: impl Fn(usize) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let mut list = room_for(len)?;
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
    if buffer.len() >= len { Ok(()) } else { Err(refused::<T>(len as f64)) }
}
