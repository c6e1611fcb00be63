/** The WebAssembly instances of this process, and how much memory they have. To be imported before the first is made. */
const instances: WebAssembly.Instance[] = [];

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const made = Reflect.construct(target, args) as WebAssembly.Instance;
    instances.push(made);
    return made;
  },
});

/** Bytes of memory of all instances together. */
export const wasmBytes = (): number =>
  instances.reduce((sum, { exports }) => sum + (exports.memory as WebAssembly.Memory).buffer.byteLength, 0);

/** The memory of the latest instance, as floats. */
export const wasmFloats = (): Float32Array =>
  new Float32Array(((instances.at(-1) as WebAssembly.Instance).exports.memory as WebAssembly.Memory).buffer);
