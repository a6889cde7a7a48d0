import { type PlyType, sizeOf } from './ply-header.ts'
import { atEnd, atLineEnd, faultOf, nextLine, nextNumber, skipEmptyLines, textOf } from './text.ts'
import { unreadable } from './unreadable.ts'

/** Where in the file a reader is, for a refusal; it keeps this up to date as it goes. */
export interface Where {
  element: string
  item: number
  property: string
}

/** The values of a PLY body one after another, however they are written down. */
export interface PlyValues {
  /** Before an item (a vertex, a face). */
  begin(): void
  /** The next value of the item. */
  next(type: PlyType): number
  /** Over the item's next values. */
  skip(type: PlyType, count: number): void
  /** After an item. */
  end(): void
  /** Whether `items` can still follow, each of at least `values` values that take at least `bytes` in binary. */
  hasRoom(items: number, values: number, bytes: number): boolean
  /** Bytes, not blank ones, that are left. */
  left(): number
  refuse(why: string): Error
}

/** Each item in a line of its own. */
export function textValues(bytes: Uint8Array, bodyAt: number, bodyLine: number, where: Where): PlyValues {
  const text = textOf(bytes, bodyAt, bodyLine)
  const refuse = (why: string) =>
    unreadable('ply', `${where.element} ${where.item}, property ${where.property}, line ${text.line}`, why)
  const next = () => {
    const value = nextNumber(text)
    if (value !== value && text.fault !== 'none') throw refuse(faultOf(text))
    return value
  }
  return {
    refuse,
    next,
    begin() {
      if (!skipEmptyLines(text)) throw unreadable('ply', `${where.element} ${where.item}`, 'the file ends before it')
    },
    skip(_, count) {
      for (let i = 0; i < count; i++) next()
    },
    end() {
      if (!atLineEnd(text)) {
        const at = `${where.element} ${where.item}, line ${text.line}`
        throw unreadable('ply', at, 'the line has more values than the header names')
      }
      nextLine(text)
    },
    // a digit and a blank each; the last blank may be missing
    hasRoom: (items, values) => 2 * items * values <= bytes.length - text.at + 1,
    left: () => (skipEmptyLines(text) && !atEnd(text) ? bytes.length - text.at : 0),
  }
}

export function binaryValues(bytes: Uint8Array, bodyAt: number, little: boolean, where: Where): PlyValues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = bodyAt
  const refuse = (why: string) =>
    unreadable('ply', `${where.element} ${where.item}, property ${where.property}, byte ${at}`, why)
  return {
    refuse,
    begin() {},
    next(type) {
      const from = at
      if (from + sizeOf[type] > bytes.length) throw refuse('the file ends before it')
      switch (type) {
        case 'float32':
          at = from + 4
          return view.getFloat32(from, little)
        case 'int32':
          at = from + 4
          return view.getInt32(from, little)
        case 'uint8':
          at = from + 1
          return bytes[from]
        case 'uint32':
          at = from + 4
          return view.getUint32(from, little)
        case 'float64':
          at = from + 8
          return view.getFloat64(from, little)
        case 'int8':
          at = from + 1
          return view.getInt8(from)
        case 'int16':
          at = from + 2
          return view.getInt16(from, little)
        default: // uint16
          at = from + 2
          return view.getUint16(from, little)
      }
    },
    skip(type, count) {
      const size = sizeOf[type] * count
      if (at + size > bytes.length) throw refuse('the file ends before it')
      at += size
    },
    end() {},
    hasRoom: (items, _, least) => items * least <= bytes.length - at,
    left: () => bytes.length - at,
  }
}
