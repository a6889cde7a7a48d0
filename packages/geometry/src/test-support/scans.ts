import { readFileSync } from 'node:fs'
import { clean } from '../clean/clean.ts'
import { scaling } from '../mesh/matrix.ts'
import { type Mesh, transformed } from '../mesh/mesh.ts'
import { readScan } from '../read/read.ts'

/** A file of test/scans, whose README says what each is. */
export const scanBytes = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../../test/scans/${name}`, import.meta.url))

/** The same cleaned, mm. */
export function scanned(name: string, mmPerUnit: number): Mesh {
  const { mesh } = clean(readScan(scanBytes(name)))
  return transformed(mesh, scaling(mmPerUnit))
}
