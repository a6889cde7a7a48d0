import { largestBody } from '../../field/bodies.ts'
import { distanceGrid } from '../../field/distance.ts'
import { interpolated, latticeOver } from '../../field/grid.ts'
import { corner, cylinder, type Sdf } from '../../field/shapes.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import { applyTo, inverse, scaling, turn } from '../../mesh/matrix.ts'
import { bvhOf } from '../../mesh/bvh.ts'
import { type Box, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { newSignedNearest, signedDistance } from '../../mesh/nearest.ts'
import { dot, step, subtract, type Vec3 } from '../../mesh/vector.ts'
import type { DesignInput, Generated } from '../module.ts'
import { refusedFor } from '../refused.ts'
import { beyond, type Cut, type Trunk, trunkOf } from './trunk.ts'

type Parameters = Readonly<Record<string, number>>

/** A trunk bends by some centimetres: a surface between points so far apart is right within some hundredths. */
const cellMm = { solid: 3, hollow: 3.1 }
/** The socket is so much wider: the sides of the many-sided hole that triangles make lie within its round. */
const playMm = 0.7
/** And so much deeper: the edge of its ground comes out blunt. */
const deeperMm = 3

/**
 * A dress form: the customer's own trunk, neck, arms and thighs cut off flat, larger all round by the ease, solid or
 * hollow and open at the thighs, with a socket for a stand from below; at its own size or smaller.
 *
 * Sizes of socket and roundings hold in the product; ease and wall at the size of the body.
 */
export function dressForm(input: DesignInput): Generated {
  const { parameters, toCanonical } = input
  input.progress('cutting')
  const p = inBody(parameters)
  const trunk = trunkOf(input, p)
  const hollow = p.hollow === 1
  const cell = hollow ? cellMm.hollow : cellMm.solid
  const box = boxOver(trunk, p)
  const reachMm = p.easeMm + (p.hollow ? p.wallMm : 0) + 4 * cell
  const near = submesh(trunk.skin, (t) => inReach(trunk.skin, t, box, reachMm))
  const off = interpolated(distanceGrid(near, latticeOver(box, cell), reachMm))
  const about: Sdf = (x, y, z) => off(x, y, z) - p.easeMm
  const skin = exactNear(about, near, p.easeMm)
  input.progress('shaping')
  const closed = [trunk.neck, ...trunk.arms]
  const cut = worst([...closed, ...trunk.thighs])
  const socket = socketOf(trunk, p)
  const whole: Sdf = (x, y, z) => corner(skin(x, y, z), cut(x, y, z), p.edgeRadiusMm)
  const bored: Sdf = (x, y, z) => corner(whole(x, y, z), -socket.hole(x, y, z), p.edgeRadiusMm / 2)
  const body = hollow ? hollowed(bored, skin, trunk, socket, p) : bored
  input.progress('meshing')
  const made = largestBody(surfaceOfSdf(body, box, cell, 1.6))
  const back = inverse(toCanonical)
  const clear = p.edgeRadiusMm + 3
  const { scale } = parameters
  return {
    body: transformed(made, back),
    ...(scale === 1 ? {} : { scanToProduct: scaling(scale) }),
    intendedOffsetMm: p.easeMm,
    contact: (x, y, z) => {
      const [u, v, w] = applyTo(toCanonical, [x, y, z])
      // the cavity's side of a hollow form is no copy
      return cut(u, v, w) < -clear && about(u, v, w) > -p.wallMm / 2
    },
    copies: true,
    ...(hollow ? { wallMm: p.wallMm } : {}),
    bores: [],
    keepOuts: [
      {
        name: 'the stand',
        middle: applyTo(back, socket.room.middle),
        axes: [turn(back, [1, 0, 0]), turn(back, [0, 1, 0]), turn(back, [0, 0, 1])],
        half: socket.room.half,
      },
    ],
    // hollow: a tube from one opening to the other
    genus: hollow ? 1 : 0,
    pressMm: null,
    notes: [
      p.easeMm === 0 ? "it is the body's own size" : `it is ${p.easeMm} mm larger than the body all round`,
      ...(scale === 1 ? [] : [`it is made at ${scale} of the body's size: scanToProduct says so`]),
    ],
  }
}

/** What a body lacks for a form: where its limbs begin. */
export const missingTrunk = (input: DesignInput) => refusedFor(() => trunkOf(input, inBody(input.parameters)))

/**
 * The same with a cavity that leaves the wall everywhere but at the thighs, where it is open on both sides of a bridge
 * that carries the socket. It leaves the form upright to the cut, so that its rim is no blade where the skin is askew.
 */
function hollowed(form: Sdf, skin: Sdf, { neck, arms, thighs }: Trunk, { column, wide }: Socket, p: Parameters): Sdf {
  const shut = worst([neck, ...arms])
  const cavity: Sdf = (x, y, z) => {
    const inner = Math.max(skin(x, y, z), shut(x, y, z)) + p.wallMm
    const { point, normal } = thighs[y > 0 ? 0 : 1].plane
    const below = dot(subtract([x, y, z], point), normal)
    const floor = Math.min(below + p.wallMm, wide - Math.abs(y))
    // which fades out farther up, at 45°
    const rim = skin(...step([x, y, z], normal, -below)) + p.wallMm - Math.max(0, -below - p.wallMm)
    return Math.max(inner, floor, rim, -column(x, y, z))
  }
  const round = Math.min(p.edgeRadiusMm / 2, p.wallMm / 4)
  return (x, y, z) => corner(form(x, y, z), -cavity(x, y, z), round)
}

/** A distance grid smooths over folds: where the surface will be, the distance is taken from the skin itself. */
function exactNear(about: Sdf, skin: Mesh, easeMm: number): Sdf {
  const bvh = bvhOf(skin)
  const found = newSignedNearest()
  return (x, y, z) => {
    const rough = about(x, y, z)
    if (Math.abs(rough) > 1) return rough
    const { signed, onBorder } = signedDistance(bvh, x, y, z, easeMm + 3, found)
    return onBorder || signed === Infinity ? rough : signed - easeMm
  }
}

/** Sizes of the product as sizes on the body. */
function inBody(p: Parameters): Record<string, number> {
  const by = 1 / p.scale
  const { edgeRadiusMm, socketMm, socketDepthMm, socketWallMm } = p
  return {
    ...p,
    edgeRadiusMm: by * edgeRadiusMm,
    socketMm: by * socketMm,
    socketDepthMm: by * socketDepthMm,
    socketWallMm: by * socketWallMm,
  }
}

const worst = (cuts: readonly Cut[]): Sdf => {
  const all = [...cuts]
  return (x, y, z) => {
    let most = -Infinity
    for (const one of all) most = Math.max(most, beyond(one, x, y, z))
    return most
  }
}

/** The socket: a hole from below, the column that holds it inside a hollow form, and the room for the stand in it. */
type Socket = ReturnType<typeof socketOf>

function socketOf({ thighs }: Trunk, p: Parameters) {
  const radius = p.socketMm / 2
  const [x, , z] = thighs[0].plane.point
  const top = z + p.socketDepthMm
  const below = z - 4 * p.socketMm
  const wide = radius + playMm + p.socketWallMm
  const inner = radius * Math.SQRT1_2 - 0.1
  return {
    hole: cylinder([x, 0, below], [x, 0, top + deeperMm], radius + playMm),
    column: cylinder([x, 0, below], [x, 0, top + deeperMm + p.socketWallMm], wide),
    wide,
    room: { middle: [x, 0, z + p.socketDepthMm / 2] as Vec3, half: [inner, inner, p.socketDepthMm / 2 - 1] as Vec3 },
  }
}

function boxOver({ skin, neck, arms, thighs }: Trunk, { easeMm }: Parameters): Box {
  const margin = easeMm + 3 * cellMm.hollow
  const top = neck.plane.point[2] + 60 + margin
  const bottom = thighs[0].plane.point[2] - margin
  const min: [number, number, number] = [Infinity, Infinity, bottom]
  const max: [number, number, number] = [-Infinity, -Infinity, top]
  const cuts = [neck, ...arms, ...thighs]
  const { positions } = skin
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i], positions[i + 1], positions[i + 2]]
    if (z < bottom || z > top || cuts.some((cut) => beyond(cut, x, y, z) > 30)) continue
    for (const [k, value] of [x, y].entries()) {
      min[k] = Math.min(min[k], value - margin)
      max[k] = Math.max(max[k], value + margin)
    }
  }
  return { min, max }
}

function inReach({ positions, triangles }: Trunk['skin'], t: number, { min, max }: Box, reachMm: number): boolean {
  for (let k = 0; k < 3; k++) {
    const [a, b, c] = [0, 1, 2].map((corner) => positions[3 * triangles[3 * t + corner] + k])
    if (Math.max(a, b, c) < min[k] - reachMm || Math.min(a, b, c) > max[k] + reachMm) return false
  }
  return true
}
