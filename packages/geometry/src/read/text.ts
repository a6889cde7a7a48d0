import { excerpt } from './unreadable.ts'

/**
 * A place in a text file, read as the bytes that it is: a file of hundreds of megabytes never becomes one string.
 * Lines end with \n, \r\n or \r, and are counted from 1.
 */
export interface Text {
  readonly bytes: Uint8Array
  at: number
  line: number
  /** What was wrong with the last number that came out as NaN without being written as one. */
  fault: 'none' | 'missing' | 'not a number'
}

export const textOf = (bytes: Uint8Array, at = 0, line = 1): Text => ({ bytes, at, line, fault: 'none' })

const LF = 10
const CR = 13
const SPACE = 32
const BACKSLASH = 92
const SLASH = 47

/** No number that a program writes is as long; what is longer is not looked at. */
const LONGEST_NUMBER = 128

const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/**
 * Over spaces, tabs, other control characters and line continuations (a backslash at a line's end). Returns the byte
 * there; LF at the end. What is not passed over here begins a token, so that who takes tokens always gets on.
 */
export function skipBlanks(text: Text): number {
  const { bytes } = text
  let at = text.at
  while (at < bytes.length) {
    const c = bytes[at]
    if (c <= SPACE && c !== LF && c !== CR) at++
    else if (c === BACKSLASH && at + 1 < bytes.length && (bytes[at + 1] === LF || bytes[at + 1] === CR)) {
      at += bytes[at + 1] === CR && at + 2 < bytes.length && bytes[at + 2] === LF ? 3 : 2
      text.line++
    } else {
      text.at = at
      return c
    }
  }
  text.at = at
  return LF
}

export const atEnd = (text: Text) => text.at >= text.bytes.length

/** Nothing but blanks is left of the line. */
export function atLineEnd(text: Text): boolean {
  const c = skipBlanks(text)
  return c === LF || c === CR
}

/** To the start of the next line, whatever is left of this one. False when there is none. */
export function nextLine(text: Text): boolean {
  const { bytes } = text
  let at = lineEnd(text)
  if (at < bytes.length) {
    at += bytes[at] === CR && at + 1 < bytes.length && bytes[at + 1] === LF ? 2 : 1
    text.line++
  }
  text.at = at
  return at < bytes.length
}

/** Where the line ends: at its \n or \r, or at the file's end. */
export function lineEnd({ bytes, at }: Text): number {
  let end = at
  while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end++
  return end
}

/** Over blanks and whole empty lines to the next thing there is. False when there is none. */
export function skipEmptyLines(text: Text): boolean {
  for (;;) {
    const c = skipBlanks(text)
    if (atEnd(text)) return false
    if (c !== LF && c !== CR) return true
    nextLine(text)
  }
}

/** Where the token at `from` ends: at a blank, a line's end or the file's. */
export function tokenEnd(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] > SPACE) at++
  return at
}

/**
 * The next number of the line, correctly rounded, after which the text stands behind it. NaN with `fault` set, and
 * the text left before it, when the line ends or something else stands there; NaN and infinities as C and C++
 * programs write them are numbers ("nan", "-inf", "1.#QNAN").
 *
 * Up to 15 digits (2^53) and powers of ten up to 22 are exact in doubles, so that one multiplication or division
 * rounds correctly: Clinger, How to Read Floating Point Numbers Accurately, PLDI 1990. The rest goes by Number().
 */
export function nextNumber(text: Text): number {
  const { bytes } = text
  const end = bytes.length
  let c = skipBlanks(text)
  let at = text.at
  const negative = c === 45
  if (negative || c === 43) c = ++at < end ? bytes[at] : LF
  let mantissa = 0
  let digits = 0
  while (c >= 48 && c <= 57) {
    mantissa = mantissa * 10 + (c - 48)
    digits++
    c = ++at < end ? bytes[at] : LF
  }
  let exponent = 0
  if (c === 46) {
    c = ++at < end ? bytes[at] : LF
    const fraction = at
    while (c >= 48 && c <= 57) {
      mantissa = mantissa * 10 + (c - 48)
      c = ++at < end ? bytes[at] : LF
    }
    digits += at - fraction
    exponent = fraction - at
  }
  if (digits > 0 && (c === 101 || c === 69)) {
    let e = ++at < end ? bytes[at] : LF
    const minus = e === 45
    if (minus || e === 43) e = ++at < end ? bytes[at] : LF
    let power = 0
    if (e < 48 || e > 57) return otherNumber(text)
    while (e >= 48 && e <= 57) {
      if (power < 10_000) power = power * 10 + (e - 48)
      e = ++at < end ? bytes[at] : LF
    }
    exponent += minus ? -power : power
    c = e
  }
  const ended = c <= SPACE || c === BACKSLASH
  const whole = digits > 0 && ended && mantissa <= Number.MAX_SAFE_INTEGER && exponent >= -22 && exponent <= 22
  if (!whole) return otherNumber(text)
  text.at = at
  const value = exponent < 0 ? mantissa / powers[-exponent] : mantissa * powers[exponent]
  return negative ? -value : value
}

/** What the quick way cannot do: many digits, large exponents, NaN, infinities, and what is no number at all. */
function otherNumber(text: Text): number {
  const { bytes, at } = text
  const end = tokenEnd(bytes, at)
  if (end === at) {
    text.fault = 'missing'
    return NaN
  }
  const token = end - at <= LONGEST_NUMBER ? latin(bytes, at, end) : ''
  let value = NaN
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(token)) value = Number(token)
  else if (/^[+-]?(inf|infinity|1\.#inf\d*)$/i.test(token)) value = token[0] === '-' ? -Infinity : Infinity
  else if (!/^[+-]?(nan(\([\w-]*\))?|1\.#(q|s)?nan\d*|1\.#ind\d*)$/i.test(token)) {
    text.fault = 'not a number'
    return NaN
  }
  text.at = end
  return value
}

/**
 * A whole number without a point, as in an OBJ face: the text stands behind its last digit, at a slash, a blank or
 * the line's end. NaN with `fault` set when there is none or something else follows.
 */
export function nextWhole(text: Text): number {
  const { bytes } = text
  const end = bytes.length
  let at = text.at
  let c = at < end ? bytes[at] : LF
  const negative = c === 45
  if (negative || c === 43) c = ++at < end ? bytes[at] : LF
  const first = at
  let value = 0
  while (c >= 48 && c <= 57) {
    value = value * 10 + (c - 48)
    c = ++at < end ? bytes[at] : LF
  }
  if (at === first || (c > SPACE && c !== SLASH && c !== BACKSLASH)) {
    text.fault = at === first && c <= SPACE ? 'missing' : 'not a number'
    return NaN
  }
  text.at = at
  return negative ? -value : value
}

/** Why the last number was none, in words, for a refusal. */
export function faultOf(text: Text): string {
  if (text.fault === 'missing') return atEnd(text) ? 'the file ends before it' : 'the line ends before it'
  return `"${excerpt(text.bytes, text.at, tokenEnd(text.bytes, text.at))}" is not a number`
}

/** Bytes below 128 as a string; only for short tokens. */
function latin(bytes: Uint8Array, from: number, to: number): string {
  let out = ''
  for (let i = from; i < to; i++) out += String.fromCharCode(bytes[i])
  return out
}

/** The next word of the line in lower case, at most 16 printable characters of it; '' at the line's end. */
export function nextWord(text: Text): string {
  skipBlanks(text)
  const end = tokenEnd(text.bytes, text.at)
  const word = excerpt(text.bytes, text.at, Math.min(end, text.at + 16)).toLowerCase()
  text.at = end
  return word
}
