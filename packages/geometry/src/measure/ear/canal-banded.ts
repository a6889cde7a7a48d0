/**
 * Solves A x = b for a symmetric positive definite band matrix, in place, by Cholesky's factorisation
 * (Golub & Van Loan, Matrix Computations, 4.3.5).
 * @param band row i holds A[i][i - half] … A[i][i]; is overwritten
 * @param right `columns` right-hand sides, row by row; becomes x
 * @returns false when A is not positive definite
 */
export function solveBand(band: Float64Array, half: number, right: Float64Array, columns = 1): boolean {
  const width = half + 1
  const n = band.length / width
  for (let i = 0; i < n; i++) {
    const row = i * width + half - i // band[row + j] is A[i][j]
    const first = Math.max(0, i - half)
    for (let j = first; j <= i; j++) {
      const other = j * width + half - j
      let sum = band[row + j]
      for (let k = Math.max(first, j - half); k < j; k++) sum -= band[row + k] * band[other + k]
      if (j < i) band[row + j] = sum / band[other + j]
      else if (sum > 0) band[row + j] = Math.sqrt(sum)
      else return false
    }
    for (let c = 0; c < columns; c++) {
      let sum = right[i * columns + c]
      for (let k = first; k < i; k++) sum -= band[row + k] * right[k * columns + c]
      right[i * columns + c] = sum / band[row + i]
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let c = 0; c < columns; c++) {
      let sum = right[i * columns + c]
      for (let k = i + 1; k <= Math.min(n - 1, i + half); k++) {
        sum -= band[k * width + half - k + i] * right[k * columns + c]
      }
      right[i * columns + c] = sum / band[i * width + half]
    }
  }
  return true
}

/** The four cubic B-splines that are not 0 at a share u (0 to 1) of a knot interval, into `out`. */
export function cubicBasis(u: number, out: Float64Array): void {
  const v = 1 - u
  out[0] = (v * v * v) / 6
  out[1] = (3 * u * u * u - 6 * u * u + 4) / 6
  out[2] = (3 * v * v * v - 6 * v * v + 4) / 6
  out[3] = (u * u * u) / 6
}

/** How fast those change with u. */
export function cubicSlopes(u: number, out: Float64Array): void {
  const v = 1 - u
  out[0] = -(v * v) / 2
  out[1] = (3 * u * u - 4 * u) / 2
  out[2] = -(3 * v * v - 4 * v) / 2
  out[3] = (u * u) / 2
}
