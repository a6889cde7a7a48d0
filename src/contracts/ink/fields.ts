import { Type } from 'typebox'

export const Gps = Type.Object({
  lat: Type.Number({ minimum: -90, maximum: 90 }),
  lng: Type.Number({ minimum: -180, maximum: 180 }),
})
export const GpsOrNull = Type.Union([Gps, Type.Null()])

export const Verdict = Type.Union([Type.Literal('pass'), Type.Literal('near'), Type.Literal('flagged')])

/** A field that has to be there; what is longer is no mistake of typing. */
export const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })

export const PhotoUrls = Type.Array(Text(2048), { minItems: 1, maxItems: 4 })
/** Of any form: documented requests hold some that are no SHA-256. */
export const PhotoHashes = Type.Array(Text(255))

const Hex = (bytes: number) => Type.String({ pattern: `^[0-9a-fA-F]{${2 * bytes}}$` })

/** What an NTAG 424 DNA puts into the address that it shows. */
export const Tap = {
  picc_data: Type.Optional(Type.Union([Hex(16), Type.Null()])),
  cmac: Type.Optional(Type.Union([Hex(8), Type.Null()])),
  /** SDMENCFileData, where the tag's MAC is over it */
  enc: Type.Optional(Type.Union([Type.String({ pattern: '^([0-9a-fA-F]{32}){1,8}$' }), Type.Null()])),
}

const Refused = Type.Object({
  error: Type.String(),
  /** what to bring when asking again */
  requires_phone: Type.Optional(Type.Literal(true)),
  requires_tag: Type.Optional(Type.Literal(true)),
  requires_nonce: Type.Optional(Type.Literal(true)),
  /** why a correction cannot be made */
  reason: Type.Optional(Type.String()),
})

/** Refusals of a route, for its documentation. */
export const refusals = (...statuses: number[]) => Object.fromEntries(statuses.map((status) => [status, Refused]))

/** What can be shown as an address, and does nothing where somebody makes a link of it. */
export const isAddress = (url: string) =>
  !['javascript:', 'data:', 'vbscript:', undefined].includes(URL.parse(url)?.protocol)
