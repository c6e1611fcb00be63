/**
 * c += a * b^T for row-major a (m, k), b (n, k) and c (m, n): every product of an LSTM, forward and backward, is brought
 * into this form, in which both operands are read along their rows. A tile of 2 x 4 sums takes six loads for eight
 * multiplications and is the largest that stays in registers in every V8 since Node 20.
 */
export function addProduct(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  c: Float32Array,
  cStart: number,
  m: number,
  n: number,
  k: number,
): void {
  const evenRows = m - (m % 2);
  for (let row = 0; row < evenRows; row += 2) twoRows(a, aStart + row * k, b, c, cStart + row * n, n, k);
  if (m % 2 === 1) oneRow(a, aStart + evenRows * k, b, c, cStart + evenRows * n, n, k);
}

function twoRows(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  c: Float32Array,
  cStart: number,
  n: number,
  k: number,
): void {
  const lower = cStart + n;
  let column = 0;
  for (; column + 4 <= n; column += 4) {
    let s00 = c[cStart + column] as number;
    let s01 = c[cStart + column + 1] as number;
    let s02 = c[cStart + column + 2] as number;
    let s03 = c[cStart + column + 3] as number;
    let s10 = c[lower + column] as number;
    let s11 = c[lower + column + 1] as number;
    let s12 = c[lower + column + 2] as number;
    let s13 = c[lower + column + 3] as number;
    let a0 = aStart;
    let a1 = aStart + k;
    let b0 = column * k;
    let b1 = b0 + k;
    let b2 = b1 + k;
    let b3 = b2 + k;
    for (; a0 < aStart + k; a0++, a1++, b0++, b1++, b2++, b3++) {
      const x0 = a[a0] as number;
      const x1 = a[a1] as number;
      const y0 = b[b0] as number;
      const y1 = b[b1] as number;
      const y2 = b[b2] as number;
      const y3 = b[b3] as number;
      s00 += x0 * y0;
      s01 += x0 * y1;
      s02 += x0 * y2;
      s03 += x0 * y3;
      s10 += x1 * y0;
      s11 += x1 * y1;
      s12 += x1 * y2;
      s13 += x1 * y3;
    }
    c[cStart + column] = s00;
    c[cStart + column + 1] = s01;
    c[cStart + column + 2] = s02;
    c[cStart + column + 3] = s03;
    c[lower + column] = s10;
    c[lower + column + 1] = s11;
    c[lower + column + 2] = s12;
    c[lower + column + 3] = s13;
  }
  for (; column < n; column++) {
    c[cStart + column] = dot(a, aStart, b, column * k, k, c[cStart + column] as number);
    c[lower + column] = dot(a, aStart + k, b, column * k, k, c[lower + column] as number);
  }
}

function oneRow(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  c: Float32Array,
  cStart: number,
  n: number,
  k: number,
): void {
  let column = 0;
  for (; column + 4 <= n; column += 4) {
    let s0 = c[cStart + column] as number;
    let s1 = c[cStart + column + 1] as number;
    let s2 = c[cStart + column + 2] as number;
    let s3 = c[cStart + column + 3] as number;
    let b0 = column * k;
    let b1 = b0 + k;
    let b2 = b1 + k;
    let b3 = b2 + k;
    for (let at = aStart; at < aStart + k; at++, b0++, b1++, b2++, b3++) {
      const x = a[at] as number;
      s0 += x * (b[b0] as number);
      s1 += x * (b[b1] as number);
      s2 += x * (b[b2] as number);
      s3 += x * (b[b3] as number);
    }
    c[cStart + column] = s0;
    c[cStart + column + 1] = s1;
    c[cStart + column + 2] = s2;
    c[cStart + column + 3] = s3;
  }
  for (; column < n; column++) c[cStart + column] = dot(a, aStart, b, column * k, k, c[cStart + column] as number);
}

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, k: number, from: number): number {
  let sum = from;
  for (let i = 0; i < k; i++) sum += (a[aStart + i] as number) * (b[bStart + i] as number);
  return sum;
}

/** to (columns, rows) = from (rows, columns), transposed: quadratic work that makes a cubic product read along rows. */
export function transpose(from: Float32Array, start: number, rows: number, columns: number, to: Float32Array): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      to[column * rows + row] = from[start + row * columns + column] as number;
    }
  }
}
