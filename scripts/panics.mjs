/**
 * What Rust's library does before a panic is for its message. Here nobody reads that: a panic only traps
 * (crates/lstm-wasm/src/runtime.rs). But the library comes compiled, so the compiler cannot leave it out.
 */

/** The functions of Rust's library that only panic. One that is missing here costs size, nothing else. */
const PANICS = /^(core|alloc)\b.*::(panicking::.*|\w+_fail|\w+_failed|handle_error|capacity_overflow)$/;
/** So many printable characters make a constant a text: other constants are tables of small numbers and of float32. */
const TEXT = /[ -~]{8}/;

/**
 * The module in which these functions only trap, so that wasm-opt can put the trap where they are called, and in whose memory
 * zeros stand for the texts. Each constant must come as a segment of its own, which tells where it ends; they leave as one.
 */
export async function withoutMessages(module) {
  const { default: binaryen } = await import("binaryen"); // only here, because most runs have nothing to build
  const read = binaryen.readBinary(module);
  for (let index = 0; index < read.getNumFunctions(); index++) {
    const reference = read.getFunctionByIndex(index);
    const { name, body } = binaryen.getFunctionInfo(reference);
    if (!PANICS.test(name)) continue;
    if (binaryen.getExpressionType(body) !== binaryen.unreachable) throw new Error(`${name} does more than panic`);
    binaryen.Function.setBody(reference, read.unreachable());
  }

  const constants = Array.from({ length: read.getNumDataSegments() }, (_, index) => {
    const { name, offset, data } = read.getDataSegmentInfo(read.getDataSegmentByIndex(index));
    if (name === ".rodata") throw new Error("the linker has merged the constants");
    return { offset, data: Buffer.from(data) };
  });
  const start = constants[0].offset;
  const end = Math.max(...constants.map(({ offset, data }) => offset + data.length));
  const data = new Uint8Array(end - start);
  for (const constant of constants) {
    if (!TEXT.test(constant.data.toString("latin1"))) data.set(constant.data, constant.offset - start);
  }
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
