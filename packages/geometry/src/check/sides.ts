/** How the sides of a mesh's triangles pair up. Side h = 3 · t + k runs from corner k of triangle t to the next. */
export interface Sides {
  /** the side that runs the other way between the same vertices; -1 where there is not exactly one */
  readonly opposite: Int32Array
  /** sides of one triangle alone */
  readonly open: number
  /** sides where more than two triangles meet */
  readonly crowded: number
  /** sides of two triangles that run the same way: one of them is inside out */
  readonly turned: number
}

export function pairSides(triangles: Uint32Array, vertices: number): Sides {
  const size = triangles.length
  const low = new Uint32Array(size)
  const high = new Uint32Array(size)
  const all = new Uint32Array(size)
  for (let h = 0; h < size; h++) {
    all[h] = h
    const a = triangles[h]
    const b = triangles[sideAfter(h)]
    low[h] = Math.min(a, b)
    high[h] = Math.max(a, b)
  }
  // by the greater vertex and then, in that order, by the lesser: what belongs together stands together
  const order = ordered(low, ordered(high, all, vertices), vertices)
  const opposite = new Int32Array(size).fill(-1)
  let open = 0
  let crowded = 0
  let turned = 0
  for (let q = 0; q < size;) {
    const h = order[q]
    let end = q + 1
    while (end < size && low[order[end]] === low[h] && high[order[end]] === high[h]) end++
    if (end - q === 1) open++
    else if (end - q > 2) crowded++
    else if (triangles[h] === triangles[order[q + 1]]) turned++
    else {
      opposite[h] = order[q + 1]
      opposite[order[q + 1]] = h
    }
    q = end
  }
  return { opposite, open, crowded, turned }
}

/** Numbers in the order of their keys, all below a limit; equal ones stay as they are (a radix sort's pass). */
function ordered(keys: Uint32Array, numbers: Uint32Array, limit: number): Uint32Array {
  const next = new Uint32Array(limit + 1)
  for (let i = 0; i < keys.length; i++) next[keys[i] + 1]++
  for (let k = 1; k <= limit; k++) next[k] += next[k - 1]
  const out = new Uint32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) out[next[keys[numbers[i]]]++] = numbers[i]
  return out
}

export const sideAfter = (h: number) => (h % 3 === 2 ? h - 2 : h + 1)
export const sideBefore = (h: number) => (h % 3 === 0 ? h + 2 : h - 1)
