/**
 * Puts a kernel's loop back in order. It takes four k in an iteration, one after the other (`add_fours` in
 * crates/lstm-core/src/simd/product.rs). LLVM and wasm-opt move a value to where it is used, and so make of it one sum
 * after the other, each over all the k of the iteration:
 *
 *     a = (a + x0 * v0) + x1 * v1;  b = (b + x0 * w0) + x1 * w1;  ...
 *
 * Then the columns of all these k are alive at once, more than there are registers. Here it becomes again
 *
 *     a = a + x0 * v0;  b = b + x0 * w0;  ...;  a = a + x1 * v1;  b = b + x1 * w1;  ...
 *
 * Every operation keeps its operands, which is checked.
 */
import binaryen from "binaryen";
import { Stop } from "./run.mjs";

/** By its sums and k, the loop of product.rs for tiles of four rows. One for a single row reads each column once: it may stay. */
export const LOOPS = ["8 sums, 4 k"];

const { Features } = binaryen;
/** What wasm-opt is told in crates/lstm-wasm/Cargo.toml. */
const FEATURES = [
  Features.SIMD128,
  Features.RelaxedSIMD,
  Features.BulkMemory,
  Features.BulkMemoryOpt,
  Features.NontrappingFPToInt,
  Features.SignExt,
  Features.MutableGlobals,
  Features.Multivalue,
  Features.ReferenceTypes,
];

/** The module with its loops in order. They must be `expected`: else the compilers make something new of them. */
export function orderKernels(bytes, expected) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES.reduce((all, feature) => all | feature));
  const ordered = [];
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const { body } = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
    if (body === 0) continue; // an import
    ordered.push(...blocksIn(body).flatMap((block) => orderBlock(module, block) ?? []));
  }
  if (ordered.sort().join("; ") !== expected.join("; ")) {
    throw new Stop(`scripts/kernels.mjs: expected the loops ${expected.join("; ")}, found ${ordered.join("; ")}`);
  }
  if (!module.validate()) throw new Stop("scripts/kernels.mjs made an invalid module");
  const result = module.emitBinary();
  module.dispose();
  return result;
}

/** The blocks that the loops in an expression consist of. */
function blocksIn(expression) {
  const id = binaryen.getExpressionId(expression);
  if (id === binaryen.BlockId) return binaryen.Block.getChildren(expression).flatMap(blocksIn);
  if (id === binaryen.IfId) {
    const branches = [binaryen.If.getIfTrue(expression), binaryen.If.getIfFalse(expression)];
    return branches.filter(Boolean).flatMap(blocksIn);
  }
  if (id !== binaryen.LoopId) return [];
  const body = binaryen.Loop.getBody(expression);
  return [...(binaryen.getExpressionId(body) === binaryen.BlockId ? [body] : []), ...blocksIn(body)];
}

/** Puts the sums at the block's start in order and tells how many there are, if they add more than one product each. */
function orderBlock(module, block) {
  const children = binaryen.Block.getChildren(block);
  const other = children.findIndex((child) => additions(child).length < 2);
  const sums = children.slice(0, other).map((child) => ({ local: localOf(child), additions: additions(child) }));
  const depth = sums[0]?.additions.length;
  if (sums.length < 4 || sums.some((sum) => sum.additions.length !== depth)) return undefined;
  const before = dataFlow(children.slice(0, other));
  const ordered = sums[0].additions.flatMap((_, k) =>
    sums.map(({ local, additions }) => {
      if (k > 0) setSum(additions[k], module.local.get(local, binaryen.v128));
      return module.local.set(local, additions[k]);
    }),
  );
  if (dataFlow(ordered) !== before) throw new Stop("scripts/kernels.mjs: a loop whose order matters");
  binaryen.Block.setChildren(block, [...ordered, ...children.slice(other)]);
  return `${sums.length} sums, ${depth} k`;
}

const localOf = (set) => binaryen.LocalSet.getIndex(set);

/** Of `a = ((a + x0 * v0) + x1 * v1) ...` the additions, the innermost first; else none. */
function additions(expression) {
  if (binaryen.getExpressionId(expression) !== binaryen.LocalSetId) return [];
  const set = binaryen.getExpressionInfo(expression);
  const found = [];
  let value = set.value;
  for (let sum = sumOf(value); sum !== undefined; sum = sumOf(value)) {
    found.unshift(value);
    value = sum;
  }
  const start = binaryen.getExpressionInfo(value);
  return start.id === binaryen.LocalGetId && start.index === set.index ? found : [];
}

/** The sum that an addition, fused or not, adds a product to. */
function sumOf(addition) {
  const { id, op, left, c } = binaryen.getExpressionInfo(addition);
  if (id === binaryen.BinaryId && op === binaryen.AddVecF32x4) return left;
  return id === binaryen.SIMDTernaryId && op === binaryen.RelaxedMaddVecF32x4 ? c : undefined;
}

function setSum(addition, sum) {
  if (binaryen.getExpressionId(addition) === binaryen.BinaryId) binaryen.Binary.setLeft(addition, sum);
  else binaryen.SIMDTernary.setC(addition, sum);
}

/** Which operation gets which results, and what the locals hold in the end: the same text for the same computation. */
function dataFlow(expressions) {
  const locals = new Map();
  const operations = [];
  const sourceOf = (expression) => {
    const info = binaryen.getExpressionInfo(expression);
    if (info.id === binaryen.LocalGetId) return locals.get(info.index) ?? `local ${info.index}`;
    if (info.id === binaryen.LocalSetId) {
      locals.set(info.index, sourceOf(info.value));
      return locals.get(info.index);
    }
    const operands = {
      [binaryen.BinaryId]: () => [info.left, info.right],
      [binaryen.SIMDTernaryId]: () => [info.a, info.b, info.c],
      [binaryen.SIMDLoadId]: () => [info.ptr],
      [binaryen.LoadId]: () => [info.ptr],
      [binaryen.ConstId]: () => [],
    }[info.id]?.();
    if (operands === undefined)
      throw new Stop(`scripts/kernels.mjs: an expression of kind ${info.id} in a loop of sums`);
    operations.push(`${expression}: ${operands.map(sourceOf)}`);
    return expression;
  };
  expressions.forEach(sourceOf);
  for (const [local, source] of locals) operations.push(`local ${local}: ${source}`);
  return operations.sort().join("\n");
}
