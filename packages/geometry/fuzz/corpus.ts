import { samples } from '../src/read/samples.ts'
import { glbOf } from '../src/write/glb.ts'
import { plyOf } from '../src/write/ply.ts'
import { ring } from '../src/write/shapes.ts'
import { stlOf } from '../src/write/stl.ts'

export const MOST_BYTES = 4096

/** A valid file to start from, and the flavour under which its fate is counted. */
export interface Start {
  readonly flavour: string
  readonly bytes: Uint8Array
}

const mesh = ring(5, 4)

export const corpus: readonly Start[] = [
  ...samples.map(({ name, bytes }) => ({ flavour: name, bytes })),
  { flavour: 'PLY, written here', bytes: plyOf(mesh, ['a ring']) },
  { flavour: 'STL, written here', bytes: stlOf(mesh, 'a ring') },
  {
    flavour: 'GLB, written here',
    bytes: glbOf([
      { mesh, name: 'ring', color: [1, 0, 0, 1] },
      { mesh: { positions: mesh.positions, triangles: new Uint32Array() }, name: 'points', color: [0, 1, 0, 0.5] },
    ]),
  },
]
