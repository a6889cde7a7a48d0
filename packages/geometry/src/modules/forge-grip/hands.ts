import { scaling } from '../../mesh/matrix.ts'
import { type Mesh, transformed } from '../../mesh/mesh.ts'
import { readScan } from '../../read/read.ts'
import { type MeasuredScan, measureScan } from '../../scan/scan.ts'
import type { Side } from '../../measure/measurement.ts'
import { plyOf } from '../../write/ply.ts'
import { choose } from '../choose.ts'
import type { DesignInput } from '../module.ts'
import { forgeGrip } from './forge-grip.ts'
import { scanBytes } from '../../test-support/scans.ts'

/** Scans of open hands for tests, in mm; that of odedstein has no unit and is brought to a palm of about 85 mm. */
const files = {
  webxr: { name: 'webxr_generic_hand_left.obj', mmPerUnit: 1000 },
  odedstein: { name: 'odedstein_hand_closed.obj', mmPerUnit: 230 },
}

export function handMesh(name: keyof typeof files): Mesh {
  const file = files[name]
  const scan = readScan(scanBytes(`hand/${file.name}`))
  return transformed({ positions: scan.positions, triangles: scan.triangles }, scaling(file.mmPerUnit))
}

export const handScan = (mesh: Mesh, side?: Side): MeasuredScan =>
  measureScan(plyOf(mesh), { part: 'hand', unit: 'mm', side })

/** What generate() is given for options as a person gives them. */
export function inputFor(scan: MeasuredScan, options: Readonly<Record<string, string>> = {}): DesignInput {
  const { parameters, choices } = choose(forgeGrip, forgeGrip.products[0], options)
  return { ...scan, curves: scan.curves ?? {}, parameters, choices, progress: () => {} }
}
