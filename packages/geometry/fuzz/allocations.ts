const counted = [
  'Uint8Array',
  'Uint8ClampedArray',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
] as const

let bytes = 0

/**
 * From here on counts what typed arrays are made of, slices and copies of them included: memory that is asked for and
 * never touched does not show in what the process takes.
 */
export function countAllocations() {
  for (const name of counted) {
    const plain = globalThis[name]
    const watched = new Proxy(plain, {
      construct(target, args: unknown[], newTarget) {
        const made = Reflect.construct(target, args, newTarget) as Uint8Array
        if (!(args[0] instanceof ArrayBuffer)) bytes += made.byteLength
        return made
      },
    })
    Object.defineProperty(globalThis, name, { value: watched })
    // what slice() and constructor make goes through it too
    Object.defineProperty(plain.prototype, 'constructor', { value: watched })
  }
}

export function allocatedSince(before: number): number {
  return bytes - before
}

export const allocated = () => bytes
