import type { Mesh } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { boreOf } from './bore.ts'
import { type Contact, contactOf } from './contact.ts'
import { insertionOf } from './insertion.ts'
import { intrusionOf, type KeepOut } from './keep-out.ts'
import { surfaceFrom } from './nearest.ts'
import { solidOf } from './solid.ts'
import { wallOf } from './wall.ts'
import { asWritten } from './written.ts'

/** What a product was meant to be. All places are in the scan's frame, mm. */
export interface Expected {
  /** how far its surface is meant to lie beyond the skin where it touches: positive presses in, negative is a gap */
  readonly intendedOffsetMm: number
  /**
   * true where it is meant to touch, asked of places of the product and of the skin; null or left out: it is not meant
   * to touch at all
   */
  readonly contact?: ((x: number, y: number, z: number) => boolean) | null
  /** it is a copy of the scan, not its counterpart: see `contactOf` */
  readonly copies?: boolean
  /** how far 95% of the contact may be from the offset, either way; default 0.1 mm */
  readonly contactToleranceMm?: number
  readonly minWallMm: number
  /** true for places that are no wall and need none: letters, a handle's thread */
  readonly ignoreWall?: (x: number, y: number, z: number) => boolean
  /** tunnels through it: centre line and free diameter: no less, and wider by a millimetre or half of it at most */
  readonly bores?: readonly { readonly name: string; readonly path: readonly Vec3[]; readonly diameterMm: number }[]
  /** the name of the bore that is its vent */
  readonly vent?: string
  readonly keepOuts?: readonly KeepOut[]
  /** handles of the finished body; not checked when left out */
  readonly genus?: number
  /** pieces of surface; default 1 */
  readonly components?: number
  /** how far it may press into the skin on its way in; null or left out: it is not put in anywhere */
  readonly pressMm?: number | null
  /** a way out of the body to try first */
  readonly outward?: Vec3
}

/** What a product is, as found, and where it is not what it was meant to be. */
export interface FitReport {
  intendedOffsetMm: number
  /**
   * how far the product's surface lies beyond the skin, mm, with the offset's sign, and of the skin in the region the
   * share that has it within reach; null without a contact region
   */
  contact: { p50: number; p95: number; max: number; p05: number; min: number; areaMm2: number; share: number } | null
  /** how far that is from the intended offset, either way */
  contactDeviation: { p50: number; p95: number; max: number } | null
  minWallMm: number
  minWallAt: Vec3 | null
  volumeMm3: number
  genus: number
  components: number
  ventDiameterMm: number | null
  bores: { name: string; diameterMm: number; open: boolean }[]
  keepOuts: { name: string; intrusionMm: number }[]
  watertight: boolean
  selfIntersections: number
  /** in which direction it is put in, of length 1; null when it is not, or cannot be */
  insertionAxis: Vec3 | null
  /** how deep it goes into the skin at worst on that way, mm; null when it is not put in */
  interferenceMm: number | null
  failures: string[]
}

/** Bores are printed and measured to about this; a wall or bore less by no more than it is as good as meant. */
const slackMm = 0.02
/** A bore so much wider than meant holds nothing that is put into it; one of less than twice that, half of itself. */
const tooWideMm = 1
/** The product is whole where it touches when so much of the skin there has it within reach. */
const leastShare = 0.9

/**
 * Checks a product against the scan it was made for and against what it was meant to be. It knows the finished
 * triangles alone, as single precision has them, and shares no code with what made them.
 * @throws RangeError for a product without triangles or with a vertex that is nowhere, and for an expectation that is
 * no finite number or a bore from a place to itself
 */
export function checkFit(product: Mesh, scan: Mesh, expected: Expected): FitReport {
  if (product.triangles.length === 0) throw new RangeError('there is nothing to check')
  requireFinite(expected)
  const failures: string[] = []
  const { mesh, collapsed } = asWritten(product)
  if (collapsed > 0) failures.push(`${collapsed} triangles have two corners in one place in single precision`)
  const surface = surfaceFrom(mesh)
  const body = solidOf(surface)
  solidFailures(body, expected, failures)
  const wall = wallOf(surface, { ignore: expected.ignoreWall })
  if (!(wall.minWallMm >= expected.minWallMm - slackMm)) {
    failures.push(
      `the wall is ${mm(wall.minWallMm)} thick${wall.at ? ` at ${place(wall.at)}` : ''}, ${mm(expected.minWallMm)} are the least`,
    )
  }
  const bores = (expected.bores ?? []).map(({ name, path, diameterMm }) => {
    const bore = boreOf(surface, path)
    if (!(bore.diameterMm >= diameterMm - slackMm)) {
      failures.push(
        `the ${name} is ${mm(bore.diameterMm)} wide at ${place(bore.narrowest)}, ${mm(diameterMm)} are the least`,
      )
    }
    const most = diameterMm + Math.min(tooWideMm, diameterMm / 2)
    if (!(bore.diameterMm <= most)) {
      failures.push(`the ${name} is ${mm(bore.diameterMm)} wide all along, ${mm(most)} are the most`)
    }
    if (!bore.open[0] || !bore.open[1])
      failures.push(`the ${name} is not open at ${bore.open[0] ? 'its end' : 'its beginning'}`)
    return { name, diameterMm: bore.diameterMm, open: bore.open[0] && bore.open[1] }
  })
  const keepOuts = (expected.keepOuts ?? []).map((space) => {
    const intrusionMm = intrusionOf(surface, space)
    if (!(intrusionMm <= slackMm)) failures.push(`material reaches ${mm(intrusionMm)} into the space for ${space.name}`)
    return { name: space.name, intrusionMm }
  })
  const skin = expected.contact || typeof expected.pressMm === 'number' ? surfaceFrom(scan) : null
  let contact: Contact | null = null
  if (expected.contact && skin) {
    const { intendedOffsetMm, contact: region, copies } = expected
    contact = contactOf(surface, skin, { intendedOffsetMm, region, copies })
    contactFailures(contact, expected, failures)
  }
  const way =
    typeof expected.pressMm === 'number' && skin
      ? insertionOf(surface, skin, { outward: expected.outward, pressMm: expected.pressMm })
      : null
  const goesIn = way !== null && way.interferenceMm <= expected.pressMm! + slackMm
  if (way && !goesIn) {
    failures.push(
      `it cannot be put in: on the best straight way it presses ${mm(way.interferenceMm)}${way.deeper ? ' or more' : ''} into the skin at ${place(way.at)}, ${mm(expected.pressMm!)} are the most`,
    )
  }
  return {
    intendedOffsetMm: expected.intendedOffsetMm,
    contact: contact && {
      p50: contact.p50,
      p95: contact.p95,
      max: contact.max,
      p05: contact.p05,
      min: contact.min,
      areaMm2: contact.areaMm2,
      share: contact.share,
    },
    contactDeviation: contact && {
      p50: contact.deviation.p50,
      p95: contact.deviation.p95,
      max: contact.deviation.max,
    },
    minWallMm: wall.minWallMm,
    minWallAt: wall.at,
    volumeMm3: body.volumeMm3,
    genus: body.genus,
    components: body.shells.length,
    ventDiameterMm: bores.find(({ name }) => name === expected.vent)?.diameterMm ?? null,
    bores,
    keepOuts,
    watertight: body.watertight,
    selfIntersections: body.selfIntersections,
    insertionAxis: goesIn ? way.axis : null,
    interferenceMm: way && way.interferenceMm,
    failures,
  }
}

/** @throws RangeError: what is not known cannot be kept to, and every comparison with it would pass or fail by chance */
function requireFinite(expected: Expected) {
  const { intendedOffsetMm, contactToleranceMm = 0, minWallMm, genus = 0, components = 1, pressMm } = expected
  const { bores = [], keepOuts = [], outward = [0, 0, 1] } = expected
  const numbers: Record<string, readonly number[]> = {
    intendedOffsetMm: [intendedOffsetMm],
    contactToleranceMm: [contactToleranceMm],
    minWallMm: [minWallMm],
    genus: [genus],
    components: [components],
    pressMm: [pressMm ?? 0],
    outward,
  }
  for (const { name, path, diameterMm } of bores) numbers[name] = [diameterMm, ...path.flat()]
  for (const { name, middle, axes, half } of keepOuts) numbers[name] = [...middle, ...axes.flat(), ...half]
  for (const [name, values] of Object.entries(numbers)) {
    if (!values.every(Number.isFinite)) throw new RangeError(`${name} is no finite number`)
  }
}

function solidFailures(body: ReturnType<typeof solidOf>, { genus, components = 1 }: Expected, failures: string[]) {
  const sides = body.openSides + body.crowdedSides + body.turnedSides
  if (!body.watertight)
    failures.push(`it is not watertight: ${sides} sides of triangles are not shared by two that run alike`)
  if (body.pinchedVertices > 0)
    failures.push(`${body.pinchedVertices} points are pinched: the surface touches itself there`)
  if (body.flatTriangles > 0) failures.push(`${body.flatTriangles} triangles have no area`)
  if (body.selfIntersections > 0) failures.push(`${body.selfIntersections} pairs of triangles cross each other`)
  if (!body.outward) failures.push('part of the surface is inside out')
  if (body.shells.length !== components)
    failures.push(`it has ${body.shells.length} pieces of surface, ${components} were meant`)
  if (genus !== undefined && body.genus !== genus)
    failures.push(`it has ${body.genus} holes through it, ${genus} were meant`)
}

function contactFailures(contact: Contact | null, expected: Expected, failures: string[]) {
  const { intendedOffsetMm, contactToleranceMm = 0.1 } = expected
  if (!contact) {
    failures.push('it touches the skin nowhere, though it was meant to')
    return
  }
  if (!(contact.share >= leastShare)) {
    failures.push(
      `of the skin that it was meant to touch, ${percent(contact.share)} have it within reach, ${percent(leastShare)} are the least`,
    )
  }
  if (!(contact.deviation.p95 <= contactToleranceMm)) {
    failures.push(
      `95% of the contact is within ${mm(contact.deviation.p95)} of the intended ${mm(intendedOffsetMm)}, ${mm(contactToleranceMm)} are the most; the worst place is ${place(contact.deviation.at)}`,
    )
  }
}

const percent = (share: number) => `${(100 * share).toFixed(0)}%`
const mm = (value: number) => `${value.toFixed(2)} mm`
const place = (p: Vec3) => `(${p.map((value) => value.toFixed(1)).join(', ')})`
