export { GeometryRefusal, type Refusals } from './refusal.ts'
export { type Mesh, type Scan } from './mesh/mesh.ts'
