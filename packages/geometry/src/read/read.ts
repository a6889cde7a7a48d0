import { type Scan } from '../mesh/mesh.ts'
import { GeometryRefusal } from '../refusal.ts'
import { detect } from './detect.ts'
import { readGlb } from './glb.ts'
import { readObj } from './obj.ts'
import { readPly } from './ply.ts'
import { readAsciiStl, readBinaryStl } from './stl.ts'
import { empty, type Limits, tooLarge } from './unreadable.ts'

export type { Limits }

export const defaultLimits: Limits = { maxVertices: 5_000_000, maxTriangles: 10_000_000, maxBytes: 2 ** 30 }

/**
 * A scan out of a file's bytes: PLY, OBJ, STL or GLB, told by the content alone. Positions are in the file's own unit
 * (`unit` says it where the format fixes one). Points without faces are a scan too.
 *
 * What a header promises is believed only after the file has been seen to be long enough for it: memory stays within
 * a small multiple of the file's size, time grows with it in proportion, whatever the file is.
 * @param limits what is taken at most; the defaults where one is not given
 * @throws GeometryRefusal and nothing else. SCAN_FORMAT_UNKNOWN; SCAN_UNREADABLE, which names the place; SCAN_TOO_LARGE;
 * SCAN_EMPTY
 */
export function readScan(bytes: Uint8Array, limits: Partial<Limits> = {}): Scan {
  const all: Limits = {
    maxVertices: limits.maxVertices ?? defaultLimits.maxVertices,
    maxTriangles: limits.maxTriangles ?? defaultLimits.maxTriangles,
    maxBytes: limits.maxBytes ?? defaultLimits.maxBytes,
  }
  if (bytes.length === 0) throw empty('it has no bytes')
  if (bytes.length > all.maxBytes) throw tooLarge('bytes', bytes.length, all.maxBytes)
  const detected = detect(bytes)
  switch (detected.kind) {
    case 'ply':
      return readPly(bytes, all)
    case 'obj':
      return readObj(bytes, detected.from, all)
    case 'ascii stl':
      return readAsciiStl(bytes, detected.from, all)
    case 'binary stl':
      return readBinaryStl(bytes, all)
    case 'glb':
      return readGlb(bytes, all)
    default: {
      const { found } = detected
      const message = `This is no scan that can be read, but ${found}. Scans are read from PLY, OBJ, STL and GLB files.`
      throw new GeometryRefusal('SCAN_FORMAT_UNKNOWN', message, { found })
    }
  }
}
