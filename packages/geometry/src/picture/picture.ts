import { type Area, cameraFor, type View } from './camera.ts'
import { encodePng } from './png.ts'
import { type Look, render } from './render.ts'

/** A picture of meshes from one side. PNG bytes. */
export function drawMeshes(looks: readonly Look[], view: View, width = 1000, height = 1000): Uint8Array {
  const edge = Math.round(Math.min(width, height) * 0.04)
  const area: Area = { x: edge, y: edge, width: width - 2 * edge, height: height - 2 * edge }
  const camera = cameraFor(
    view,
    looks.map((look) => look.mesh),
    area,
  )
  return encodePng(render(looks, camera, width, height))
}
