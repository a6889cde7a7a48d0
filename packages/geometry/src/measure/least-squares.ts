/**
 * Solves A x = b for a symmetric positive definite A (normal equations) by Cholesky's factorisation.
 * @param a n x n, row by row; only its lower half is read
 * @returns x, or null when A is not positive definite: the data do not settle every unknown
 */
export function solveNormal(a: Float64Array, b: Float64Array): Float64Array | null {
  const n = b.length
  const l = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k]
      if (i === j) {
        if (!(sum > 1e-14 * Math.abs(a[i * n + i]))) return null
        l[i * n + i] = Math.sqrt(sum)
      } else l[i * n + j] = sum / l[j * n + j]
    }
  }
  const x = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let sum = b[i]
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * x[k]
    x[i] = sum / l[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i] * x[k]
    x[i] = sum / l[i * n + i]
  }
  return x
}

/**
 * The normal equations of a weighted fit, for `solveNormal`: each unknown's column times each other's, and times what
 * is to be explained. Column by column it is done in loops so short that they run at full speed from the first call.
 * @param columns one an unknown, an entry an observation; of all lists the first `count` entries are used
 */
export function normalEquations(
  columns: readonly Float64Array[],
  weights: Float64Array,
  right: Float64Array,
  count: number,
): { a: Float64Array; b: Float64Array } {
  const n = columns.length
  const a = new Float64Array(n * n)
  const b = new Float64Array(n)
  const weighted = new Float64Array(count)
  for (let i = 0; i < n; i++) {
    const column = columns[i]
    for (let q = 0; q < count; q++) weighted[q] = weights[q] * column[q]
    for (let j = 0; j <= i; j++) a[i * n + j] = innerProduct(weighted, columns[j], count)
    b[i] = innerProduct(weighted, right, count)
  }
  return { a, b }
}

function innerProduct(one: Float64Array, other: Float64Array, count: number): number {
  let sum = 0
  for (let q = 0; q < count; q++) sum += one[q] * other[q]
  return sum
}
