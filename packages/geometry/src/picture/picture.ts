import { aim, type Area, fitted, type View } from './camera.ts'
import { type Canvas, dark, discOf, drawLeader, drawPoint, drawPolyline, drawScaleBar, drawSpan, grey } from './draw.ts'
import { print, stencil, stroke, write, type Written } from './ink.ts'
import { column, wrap } from './labels.ts'
import { coordinatesOf, type Mark } from './marks.ts'
import { colorOf, type Label, labelGap, leaderRoom, type PanelPlan, placeOf, planned, tagsOf } from './plan.ts'
import { encodePng, type Image } from './png.ts'
import type { Layer } from './raster.ts'
import { render } from './render.ts'
import { descent, lineStep, textWidth } from './stroke-font.ts'
import { type Look, type Model, modelsOf, paper } from './surface.ts'

export { type View } from './camera.ts'
export { type Color } from './light.ts'
export { type Mark, markColors } from './marks.ts'
export { type Look, scanColor } from './surface.ts'

export interface Drawing {
  readonly meshes: readonly Look[]
  readonly marks?: readonly Mark[]
  /** 1 to 4 sides to look from; without any, from +z */
  readonly views?: readonly View[]
  readonly title?: string
  /** lines below the picture; long ones are broken */
  readonly caption?: readonly string[]
  /** pixels, 64 to 8192; 1000 each when not given */
  readonly width?: number
  readonly height?: number
}

/**
 * A picture of a scan with its measurements: one panel a view, all at one scale (a view `around` something at its
 * own), each mark's text in the panel that shows it best, beside what is shown and never over other text.
 * @returns the bytes of a PNG file
 * @throws RangeError for more than four views, for a view from nowhere, and for a size out of bounds
 */
export const drawScan = (drawing: Drawing): Uint8Array => encodePng(drawImage(drawing).image)

/** The same as pixels, and where its texts stand. */
export function drawImage(drawing: Drawing): { image: Image; texts: Written[] } {
  const { meshes, marks = [], title, caption = [], width = 1000, height = 1000 } = drawing
  const views = drawing.views && drawing.views.length > 0 ? drawing.views : [{ from: [0, 0, 1] as const }]
  if (views.length > 4) throw new RangeError('a picture has at most four panels')
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 64 || side > 8192)
      throw new RangeError('a picture has 64 to 8192 pixels a side')
  }
  const image: Image = { width, height, pixels: new Uint8Array(3 * width * height) }
  for (let i = 0; i < image.pixels.length; i++) image.pixels[i] = paper[i % 3]
  const size = Math.max(8, Math.min(40, Math.round(Math.sqrt(width * height) / 80)))
  const canvas: Canvas = { image, ink: stencil(width, height), pen: Math.max(1.4, size / 7) }
  const models = modelsOf(meshes)
  const points = [...meshes.map((look) => look.mesh.positions), ...marks.map(coordinatesOf)]
  const aims = views.map((view) => aim(view, points))
  const slack = 0.006 * Math.max(...aims.map((a) => Math.hypot(a.right - a.left, a.bottom - a.top)))
  const tags = tagsOf(marks, views, aims, models, slack)

  const edge = Math.round(size * 1.5)
  const texts: Written[] = []
  const room: Area = { x: edge, y: edge, width: width - 2 * edge, height: height - 2 * edge }
  const between = footed(canvas, caption, headed(canvas, title, room, size, texts), size, texts)
  const plan = planned(views, aims, tags, between, size)
  const spare: Layer[] = []
  for (const [p, part] of plan.panels.entries()) {
    const shown = drawPanel(canvas, models, marks, views[p], part, p, slack, aims[p], spare)
    texts.push(...drawLabels(canvas, part, shown, plan.size, slack))
    texts.push(...drawStrips(canvas, views[p], part, shown, plan.size))
  }
  if (plan.dropped > 0) {
    // below the caption, in the margin, where there is always room for it
    const small = Math.min(plan.size, edge * 0.6)
    texts.push(write(canvas.ink, `and ${plan.dropped} more`, width - edge, height - edge * 0.3, small, 'right'))
    print(canvas.ink, image, dark)
  }
  return { image, texts }
}

type Aimed = ReturnType<typeof aim>

function drawPanel(
  canvas: Canvas,
  models: readonly Model[],
  marks: readonly Mark[],
  view: View,
  { panel, inner, scale }: PanelPlan,
  number: number,
  slack: number,
  aimed: Aimed,
  spare: Layer[],
) {
  // what shows everything may use its margins too; a detail is cut off at them
  const stage = view.around ? whole(inner) : panel
  const camera = fitted(
    aimed,
    { x: inner.x - stage.x, y: inner.y - stage.y, width: inner.width, height: inner.height },
    scale,
  )
  const rendering = render(models, camera, stage.width, stage.height, 2, spare)
  const sheet = {
    image: rendering,
    depth: rendering,
    camera,
    slack,
    pen: canvas.pen,
    ink: stencil(stage.width, stage.height),
  }
  const here = marks
    .map((mark, i) => ({ mark, color: colorOf(mark, i) }))
    .filter(({ mark }) => !mark.panels || mark.panels.includes(number))
  for (const { mark, color } of here) if (mark.kind === 'polyline') drawPolyline(sheet, coordinatesOf(mark), color)
  for (const { mark, color } of here) if (mark.kind === 'span') drawSpan(sheet, mark.from, mark.to, color)
  for (const { mark, color } of here) {
    if (mark.kind === 'point' || mark.kind === 'label') drawPoint(sheet, mark.at, color)
  }
  for (let y = 0; y < stage.height; y++) {
    const row = rendering.pixels.subarray(3 * y * stage.width, 3 * (y + 1) * stage.width)
    canvas.image.pixels.set(row, 3 * ((stage.y + y) * canvas.image.width + stage.x))
  }
  return { stage, camera, depth: rendering, extent: extentOf(camera, aimed) }
}

const whole = ({ x, y, width, height }: Area): Area => ({
  x: Math.ceil(x),
  y: Math.ceil(y),
  width: Math.max(1, Math.floor(width - 1)),
  height: Math.max(1, Math.floor(height - 1)),
})

/** The left and right end of what is shown, in pixels of the stage. */
const extentOf = (camera: ReturnType<typeof fitted>, { left, right }: Aimed) => ({
  left: camera.centerX + left * camera.scale,
  right: camera.centerX + right * camera.scale,
})

function drawLabels(
  canvas: Canvas,
  { panel, inner, left, right }: PanelPlan,
  shown: ReturnType<typeof drawPanel>,
  size: number,
  slack: number,
): Written[] {
  const { stage, camera, depth, extent } = shown
  const texts: Written[] = []
  const room = leaderRoom * size
  // as near to what is shown as can be, but within the panel
  const edges = {
    left: Math.max(inner.x - room, stage.x + extent.left - room),
    right: Math.min(inner.x + inner.width + room, stage.x + extent.right + room),
  }
  for (const side of ['left', 'right'] as const) {
    const labels = side === 'left' ? left : right
    const edgeX = Math.round(edges[side])
    const places = labels.map(({ tag }) => placeOf(tag.mark, side, camera, depth, slack))
    const wishes = labels.map(({ height }, i) => {
      const y = stage.y + places[i][1]
      const x = stage.x + places[i][0]
      const within = Number.isFinite(x + y)
      return { height: height + 1, anchorX: within ? x : edgeX, anchorY: within ? y : panel.y + panel.height / 2 }
    })
    const tops = column(wishes, edgeX, inner.y, inner.y + inner.height, labelGap * size)
    for (const [i, label] of labels.entries()) {
      const top = Math.round(tops[i])
      const { anchorX, anchorY } = wishes[i]
      // what lies outside the panel (of a detail) is named, but not pointed at
      if (inside(stage, anchorX, anchorY)) {
        const clear = label.tag.mark.kind === 'point' || label.tag.mark.kind === 'label' ? discOf(canvas.pen) : 0
        drawLeader(canvas, [edgeX, top + label.height / 2], [anchorX, anchorY], label.tag.color, clear)
      }
      texts.push(...drawLabel(canvas, label, side, edgeX, top, size))
    }
  }
  return texts
}

const inside = ({ x, y, width, height }: Area, px: number, py: number) =>
  px >= x && py >= y && px <= x + width && py <= y + height

/** The text, and a bar in the mark's colour between it and its line. */
function drawLabel(
  { image, ink, pen }: Canvas,
  { tag, lines, height }: Label,
  side: 'left' | 'right',
  edgeX: number,
  top: number,
  size: number,
): Written[] {
  const gap = 0.55 * size
  const x = side === 'left' ? edgeX - gap : edgeX + gap
  const texts = lines.map((line, i) =>
    write(ink, line, x, top + size + i * size * (lineStep - 0.2), size, side === 'left' ? 'right' : 'left'),
  )
  print(ink, image, dark)
  stroke(ink, edgeX, top + pen / 2, edgeX, top + height - pen / 2, pen)
  print(ink, image, tag.color)
  return texts
}

/** The view's name above what is shown, and the scale bar below its right end. */
function drawStrips(
  canvas: Canvas,
  view: View,
  plan: PanelPlan,
  shown: ReturnType<typeof drawPanel>,
  size: number,
): Written[] {
  const { image, ink } = canvas
  const texts: Written[] = []
  const { panel, inner, scale, scaleBar } = plan
  const left = Math.max(panel.x, shown.stage.x + shown.extent.left)
  const right = Math.min(panel.x + panel.width, shown.stage.x + shown.extent.right)
  if (view.title && inner.y > panel.y) {
    const [line] = wrap(view.title, panel.width / size)
    const half = (textWidth(line) * size) / 2
    const middle = Math.max(panel.x + half, Math.min(panel.x + panel.width - half, (left + right) / 2))
    texts.push(write(ink, line, middle, inner.y - size * 1.2, size, 'middle'))
    print(ink, image, grey)
  }
  if (scaleBar) {
    const longest = Math.min(
      panel.width * 0.6,
      Math.max(panel.width * 0.3, size * 10),
      Math.max(right - left, size * 6),
    )
    const end = Math.max(right, Math.min(panel.x + panel.width, left + longest)) - 1
    texts.push(drawScaleBar(canvas, scale, end, inner.y + inner.height + size * 2.6, longest, size))
  }
  return texts
}

/** Writes the title, and returns the room below it. */
function headed({ image, ink }: Canvas, title: string | undefined, room: Area, size: number, texts: Written[]): Area {
  if (!title) return room
  const large = size * 1.5
  const step = large * lineStep
  const lines = wrap(title, room.width / large).slice(0, Math.floor((room.height * 0.2) / step))
  for (const [i, line] of lines.entries()) texts.push(write(ink, line, room.x, room.y + large + i * step, large))
  print(ink, image, dark)
  const used = lines.length * step
  return { ...room, y: room.y + used, height: room.height - used }
}

/** Writes the caption at the lower edge, and returns the room above it. */
function footed({ image, ink }: Canvas, caption: readonly string[], room: Area, size: number, texts: Written[]): Area {
  const step = size * lineStep
  const all = caption.flatMap((line) => wrap(line, room.width / size - 1))
  const lines = all.slice(0, Math.floor((room.height * 0.3) / step))
  if (lines.length === 0) return room
  if (lines.length < all.length) lines[lines.length - 1] += ' …'
  const top = room.y + room.height - lines.length * step
  for (const [i, line] of lines.entries())
    texts.push(write(ink, line, room.x, top + (i + 1) * step - descent * size, size))
  print(ink, image, grey)
  const used = lines.length * step + size
  return { ...room, height: room.height - used }
}
