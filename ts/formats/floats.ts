/** Floating-point numbers of every width that files hold: to float32 when they are read, from float32 when written. */

/** Turns little-endian numbers, which may lie at any offset, aligned or not, into float32. */
export type FloatReader = (source: DataView, values: Float32Array) => void;

/** float32 is copied bit for bit. */
export const readFloat32: FloatReader = (source, values) =>
  new Uint8Array(values.buffer).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));

/** float64 rounds to the nearest float32, ties to even, and to an infinity beyond float32's range. */
export const readFloat64: FloatReader = (source, values) => {
  for (let i = 0; i < values.length; i++) values[i] = source.getFloat64(8 * i, true);
};

/** float16 widens exactly. */
export const readFloat16: FloatReader = (source, values) => {
  for (let i = 0; i < values.length; i++) values[i] = halfToNumber(source.getUint16(2 * i, true));
};

/** bfloat16 is the upper half of a float32. */
export const readBFloat16: FloatReader = (source, values) => {
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = source.getUint16(2 * i, true) << 16;
};

/** IEEE binary16: 1 sign, 5 exponent, 10 mantissa bits. Exact; arithmetic, so that no thread's flush-to-zero touches it. */
function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  let magnitude: number;
  if (exponent === 31) magnitude = mantissa === 0 ? Infinity : NaN;
  else if (exponent === 0) magnitude = mantissa * 2 ** -24;
  else magnitude = (1024 + mantissa) * (1 << exponent) * 2 ** -25;
  return bits & 0x8000 ? -magnitude : magnitude;
}
