/**
 * What Rust's library does before a panic is for its message. Here nobody reads that: a panic only traps
 * (crates/lstm-wasm/src/runtime.rs). But the library comes compiled, so the compiler cannot leave it out.
 */

/** The functions of Rust's library that only panic, by name. One that has another name costs size, nothing else. */
const PANICS = /^(core|alloc)\b.*::(panicking::.*|\w+_fail|\w+_failed|handle_error|capacity_overflow)$/;
/** So many printable characters make a constant a text: other constants are tables of small numbers and of float32. */
const TEXT = /[ -~]{8}/;

/**
 * The module in which these functions only trap, so that wasm-opt can put the trap where they are called, and in whose memory
 * zeros stand for the texts. The linker was asked for a segment for each constant, which tells where that ends; they leave as one.
 * Where another linker has merged them, the texts stay.
 */
export async function withoutMessages(module) {
  const { default: binaryen } = await import("binaryen"); // only here, because most runs have nothing to build
  const read = binaryen.readBinary(module);
  for (let index = 0; index < read.getNumFunctions(); index++) {
    const reference = read.getFunctionByIndex(index);
    const { name, body } = binaryen.getFunctionInfo(reference);
    const returns = binaryen.getExpressionType(body) !== binaryen.unreachable;
    if (PANICS.test(name) && !returns) binaryen.Function.setBody(reference, read.unreachable());
  }

  const constants = Array.from({ length: read.getNumDataSegments() }, (_, index) => {
    const { name, offset, data } = read.getDataSegmentInfo(read.getDataSegmentByIndex(index));
    const bytes = Buffer.from(data);
    return { offset, bytes, isText: name !== ".rodata" && TEXT.test(bytes.toString("latin1")) };
  });
  const start = constants[0].offset;
  const end = Math.max(...constants.map(({ offset, bytes }) => offset + bytes.length));
  const data = new Uint8Array(end - start);
  for (const { offset, bytes, isText } of constants) if (!isText) data.set(bytes, offset - start);
  const { initial, max } = read.getMemoryInfo("0");
  read.setMemory(
    initial,
    max ?? -1,
    null,
    [{ offset: read.i32.const(start), data, passive: false }],
    false,
    false,
    "0",
  );
  const written = read.emitBinary();
  read.dispose();
  return written;
}
