//! What std would provide, without its kilobytes of panic text: an allocator, and a panic that traps.

#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// Talc, with every buffer beginning where a vector may: else a load of four values may lie across two cache lines.
struct Aligned(WasmDynamicTalc);

const VECTOR: usize = 16;

// SAFETY: each call is Talc's own, with the layout widened in the same way.
unsafe impl GlobalAlloc for Aligned {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        unsafe { self.0.alloc(widened(layout)) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: see above.
        unsafe { self.0.dealloc(pointer, widened(layout)) }
    }
}

fn widened(layout: Layout) -> Layout {
    layout.align_to(VECTOR).unwrap_or(layout)
}

#[global_allocator]
static ALLOCATOR: Aligned = Aligned(new_wasm_dynamic_allocator());

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
