//! What std would provide, without its kilobytes of panic text: an allocator, and a panic that traps.

#![allow(unsafe_code)]

use crate::heap::{Heap, Memory};
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size, unreachable};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr::{null_mut, with_exposed_provenance, with_exposed_provenance_mut};

/// The memory of the instance.
struct Linear;

impl Memory for Linear {
    fn pages(&self) -> u32 {
        memory_size::<0>() as u32
    }

    fn grow(&mut self, pages: u32) -> bool {
        memory_grow::<0>(pages as usize) != usize::MAX
    }

    fn read(&self, at: u32) -> u32 {
        // SAFETY: the heap reads and writes only in pages that it added, outside of the rooms that it gave.
        unsafe { *with_exposed_provenance(at as usize) }
    }

    fn write(&mut self, at: u32, word: u32) {
        // SAFETY: see `read`.
        unsafe { *with_exposed_provenance_mut(at as usize) = word }
    }
}

/// The heap of the instance.
struct Allocator(UnsafeCell<Heap<Linear>>);

// SAFETY: this crate runs in WebAssembly without threads.
unsafe impl Sync for Allocator {}

/// Every buffer begins where a vector may, else a load of four values might lie across two cache lines; nothing asks for
/// more.
const ALIGNMENT: usize = 16;

// SAFETY: the heap gives rooms of at least the size asked for, which do not overlap, and calls nothing that allocates.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGNMENT {
            return null_mut();
        }
        // SAFETY: nobody else has the heap: there is one thread, and `take` calls nothing that comes back here.
        let address = unsafe { &mut *self.0.get() }.take(layout.size() as u32);
        address.map_or(null_mut(), |address| with_exposed_provenance_mut(address as usize))
    }

    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        // SAFETY: as in `alloc`; the caller promises that the pointer came from there.
        unsafe { &mut *self.0.get() }.give(pointer.expose_provenance() as u32);
    }
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(UnsafeCell::new(Heap::new(Linear)));

/// Bytes in use.
pub fn used_bytes() -> u32 {
    // SAFETY: as in `alloc`.
    unsafe { &*ALLOCATOR.0.get() }.used()
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    unreachable()
}
