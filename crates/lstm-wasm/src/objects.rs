//! What lives between calls: objects by handle, in statics.

#![allow(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::RefCell;
use lstm_core::{Lstm, Stream};

pub static LSTMS: Static<Table<Lstm>> = Static::new(Table(Vec::new()));
pub static STREAMS: Static<Table<Stream>> = Static::new(Table(Vec::new()));
/// See [`crate::refused_bytes`].
pub static BYTES: Static<u64> = Static::new(0);

/// A value that one thread at a time may use.
pub struct Static<T>(RefCell<T>);

// SAFETY: this crate runs in WebAssembly without threads; each thread of a host has an instance, and so statics, of its
// own. (Native builds of this crate are only compiled, never called.)
unsafe impl<T> Sync for Static<T> {}

impl<T> Static<T> {
    const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// Uses the value. Panics if it is in use already.
    pub fn with<R>(&self, action: impl FnOnce(&mut T) -> R) -> R {
        action(&mut self.0.borrow_mut())
    }
}

/// Objects by handle. A freed handle is given out again.
pub struct Table<T>(Vec<Option<Box<T>>>);

impl<T> Table<T> {
    pub fn insert(&mut self, object: T) -> u32 {
        let free = self.0.iter().position(Option::is_none).unwrap_or_else(|| {
            self.0.push(None);
            self.0.len() - 1
        });
        self.0[free] = Some(Box::new(object));
        free as u32
    }

    pub fn get(&mut self, handle: u32) -> &mut T {
        self.0[handle as usize].as_mut().expect("a live handle")
    }

    pub fn remove(&mut self, handle: u32) {
        self.0[handle as usize] = None;
    }
}
