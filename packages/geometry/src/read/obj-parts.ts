import { type Scan } from '../mesh/mesh.ts'

/** The names that one kind of statement gave, and the triangle from which each holds. */
export interface Naming {
  readonly word: 'g' | 'o' | 'usemtl'
  readonly names: { name: string; from: number }[]
}

/** From what tells parts best to what tells them worst: groups are made to be told apart, materials to look alike. */
export const namings = (): readonly Naming[] => [
  { word: 'g', names: [] },
  { word: 'o', names: [] },
  { word: 'usemtl', names: [] },
]

/** A name that holds from now on. One that no triangle followed is forgotten. */
export function named(all: readonly Naming[], word: string, name: string, from: number) {
  const names = all.find((naming) => naming.word === word)?.names
  if (names?.at(-1)?.from === from) names.pop()
  if (names?.at(-1)?.name !== name) names?.push({ name, from })
}

/** The parts by the first kind of statement that tells any two apart, or else by the first that names anything. */
export function partsOf(all: readonly Naming[], triangles: number): NonNullable<Scan['parts']> {
  const parts = all.map(({ names }) =>
    names
      .map(({ name, from }, i) => ({ name, from, to: names[i + 1]?.from ?? triangles }))
      .filter((part) => part.to > part.from),
  )
  return parts.find((list) => list.length > 1) ?? parts.find((list) => list.length > 0) ?? []
}
