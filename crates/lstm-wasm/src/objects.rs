//! What lives between calls: objects by handle, in statics.

#![allow(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, UnsafeCell};
use lstm_core::train::{Layer, Loss, Optimizer};
use lstm_core::{Error, Lstm, Stream};

pub static LSTMS: Static<Table<Lstm>> = Static::new(Table(Vec::new()));
pub static STREAMS: Static<Table<Stream>> = Static::new(Table(Vec::new()));
pub static LAYERS: Static<Table<Box<dyn Layer>>> = Static::new(Table(Vec::new()));
pub static OPTIMIZERS: Static<Table<Optimizer>> = Static::new(Table(Vec::new()));
/// One loss at a time: nothing of it outlives a call.
pub static LOSS: Static<Loss> = Static::new(Loss::new());
/// See [`crate::refused_bytes`].
pub static BYTES: Static<u64> = Static::new(0);

/// A value that one thread at a time may use, one action at a time.
pub struct Static<T> {
    busy: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: this crate runs in WebAssembly without threads; each thread of a host has an instance, and so statics, of its
// own. (Native builds of this crate are only compiled, never called.)
unsafe impl<T> Sync for Static<T> {}

impl<T> Static<T> {
    const fn new(value: T) -> Self {
        Self { busy: Cell::new(false), value: UnsafeCell::new(value) }
    }

    /// Uses the value. Panics if it is in use already.
    pub fn with<R>(&self, action: impl FnOnce(&mut T) -> R) -> R {
        assert!(!self.busy.replace(true));
        // SAFETY: nobody else has the value: whoever has it is busy.
        let result = action(unsafe { &mut *self.value.get() });
        self.busy.set(false);
        result
    }
}

impl<T> Static<Table<T>> {
    /// Uses the object of a live handle; panics on another, and if the table is in use already.
    pub fn of<R>(&self, handle: u32, action: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: `find` leaves the table busy, so nobody else has the object.
        let result = action(unsafe { &mut *self.find(handle) });
        self.busy.set(false);
        result
    }

    /// Once for all that is done with an object; on return the table is busy.
    #[inline(never)]
    fn find(&self, handle: u32) -> *mut T {
        let object = self.with(|table| &raw mut *table.0[handle as usize].as_mut().expect("a live handle"));
        self.busy.set(true);
        object
    }
}

/// Objects by handle. A freed handle is given out again.
pub struct Table<T>(Vec<Option<T>>);

impl<T> Table<T> {
    /// The handle of a new object, or [`Error::OutOfMemory`].
    pub fn insert(&mut self, object: T) -> Result<u32, Error> {
        let free = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if free == self.0.len() {
            self.0.try_reserve(1).map_err(|_| Error::OutOfMemory { bytes: size_of::<T>() as u64 })?;
            self.0.push(None);
        }
        self.0[free] = Some(object);
        Ok(free as u32)
    }

    /// Ends an object.
    pub fn remove(&mut self, handle: u32) {
        self.0[handle as usize] = None;
    }
}
