import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { seeded } from '../mesh/random.ts'
import { box, icosphere } from '../mesh/shapes.ts'
import { type Vec3 } from '../mesh/vector.ts'
import { type Written } from './ink.ts'
import { type Drawing, drawImage, drawScan, type Mark, type View } from './picture.ts'
import { type Image } from './png.ts'

const ball = icosphere(50, 4)

const overlap = (a: Written, b: Written) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

function randomDrawing(random: () => number): Drawing {
  const on = (): Vec3 => {
    const p = [random() - 0.5, random() - 0.5, random() - 0.5]
    const size = Math.hypot(...p) / (random() < 0.2 ? 70 : 50)
    return [p[0] / size, p[1] / size, p[2] / size]
  }
  const clump = on()
  const words = ['pinna height 63.2 mm', 'x', 'canal entrance: area 97.3 mm², diameters 12.1 × 9.8 mm', 'girth 231 mm']
  const marks = Array.from({ length: Math.floor(random() * 30) }, (): Mark => {
    const text = words[Math.floor(random() * 4)]
    const at = random() < 0.5 ? clump : on()
    const kind = Math.floor(random() * 4)
    if (kind === 0) return { kind: 'point', at, text }
    if (kind === 1) return { kind: 'span', from: at, to: on(), text }
    if (kind === 2) return { kind: 'polyline', points: [at, on(), on()], closed: random() < 0.5, text }
    return { kind: 'label', at, text }
  })
  const views = Array.from({ length: 1 + Math.floor(random() * 4) }, (): View => {
    const around = random() < 0.3 ? { min: [0, 0, 0] as const, max: [30, 50, 50] as const } : undefined
    return { from: on(), title: random() < 0.7 ? 'from the inner side' : undefined, around }
  })
  return {
    meshes: [{ mesh: ball }],
    marks,
    views,
    title: random() < 0.5 ? 'Left ear of somebody with a rather long name, of May' : undefined,
    caption: random() < 0.5 ? ['Quality 0.86.', 'A long line '.repeat(20)] : [],
    width: 64 + Math.floor(random() * 700),
    height: 64 + Math.floor(random() * 500),
  }
}

test('over 40 random pictures no text overlaps another, none leaves the picture, and none is lost unsaid', () => {
  const random = seeded(11)
  for (let round = 0; round < 40; round++) {
    const drawing = randomDrawing(random)
    const { image, texts } = drawImage(drawing)
    for (const [i, text] of texts.entries()) {
      const seen = `${round}: ${JSON.stringify(text)} in ${image.width}x${image.height}`
      assert.ok(text.x >= 0 && text.y >= 0, seen)
      assert.ok(text.x + text.width <= image.width && text.y + text.height <= image.height + 0.5, seen)
      for (const other of texts.slice(0, i)) assert.ok(!overlap(text, other), `${seen} over ${JSON.stringify(other)}`)
    }
    const dropped = Number(texts.map(({ text }) => /^and (\d+) more$/.exec(text)?.[1]).find(Boolean) ?? 0)
    const words = (list: readonly string[]) =>
      list
        .join(' ')
        .split(/\s+/)
        .filter((word) => word === 'x' || word === '231')
    const kept = words(texts.map(({ text }) => text)).length
    const wanted = words((drawing.marks ?? []).map((mark) => mark.text ?? '')).length
    assert.ok(kept <= wanted && kept >= wanted - dropped, `${round}: ${kept} of ${wanted}, ${dropped} dropped`)
  }
})

const reddest: [number, number, number] = [220, 0, 0]

/** Where the picture is red: [left, top, right, bottom], or undefined. */
function redBox({ width, pixels }: Image, enough = 110): number[] | undefined {
  const found = [Infinity, Infinity, -Infinity, -Infinity]
  for (let k = 0; k < pixels.length / 3; k++) {
    if (pixels[3 * k] - pixels[3 * k + 1] < enough) continue
    const [x, y] = [k % width, Math.floor(k / width)]
    found[0] = Math.min(found[0], x)
    found[1] = Math.min(found[1], y)
    found[2] = Math.max(found[2], x + 1)
    found[3] = Math.max(found[3], y + 1)
  }
  return found[0] < Infinity ? found : undefined
}

const block = box([0, 0, 0], [100, 60, 20])
const picture = (marks: Mark[], from: Vec3 = [0, 0, 1]) =>
  drawImage({ meshes: [{ mesh: block }], marks, views: [{ from }], width: 400, height: 300 })

/** Pixels a millimetre, told by the block's left and right edge in the middle row. */
function scaleOf({ width, height, pixels }: Image): { scale: number; left: number; middle: number } {
  const row = Math.floor(height / 2) * width
  const dark = Array.from({ length: width }, (_, x) => x).filter((x) => pixels[3 * (row + x)] < 240)
  return { scale: (dark[dark.length - 1] + 1 - dark[0]) / 100, left: dark[0], middle: height / 2 }
}

test('a span runs from point to point, at the scale of the picture', () => {
  const { image } = picture([{ kind: 'span', from: [20, 30, 10], to: [80, 30, 10], color: reddest }])
  const { scale, left } = scaleOf(picture([]).image)
  const found = redBox(image)
  assert.ok(found)
  assert.ok(
    Math.abs(found[0] - (left + 20 * scale)) <= 2 && Math.abs(found[2] - (left + 80 * scale)) <= 2,
    found.join(),
  )
})

test('a line on the far side is thinner and fainter than one on the near side, but still there', () => {
  const strength = (z: number) => {
    const plain = picture([]).image.pixels
    const points: Vec3[] = [
      [20, 30, z],
      [80, 30, z],
    ]
    const { pixels } = picture([{ kind: 'polyline', points, color: reddest }]).image
    let sum = 0
    for (let k = 0; k < pixels.length; k += 3) sum += Math.max(0, pixels[k] - pixels[k + 1] - (plain[k] - plain[k + 1]))
    return sum
  }
  const [near, far] = [strength(20), strength(0)]
  assert.ok(far > 0.05 * near && far < 0.4 * near, `${far} of ${near}`)
})

test('the scale bar is as long as it says', () => {
  const { image, texts } = picture([])
  const bar = texts.find(({ text }) => text.endsWith(' mm'))
  assert.ok(bar)
  const y = Math.round(bar.y + bar.height + 1)
  let longest = 0
  for (let row = y - 4; row < y + 12; row++) {
    let run = 0
    for (let x = 0; x < image.width; x++) {
      run = image.pixels[3 * (row * image.width + x)] < 120 ? run + 1 : 0
      longest = Math.max(longest, run)
    }
  }
  assert.ok(Math.abs(longest - Number.parseFloat(bar.text) * scaleOf(image).scale) <= 2.5, `${longest} ${bar.text}`)
})

test('a text stands in the panel that shows its mark best', () => {
  const views: View[] = [
    { from: [0, 0, 1], title: 'above' },
    { from: [1, 0, 0], title: 'side' },
  ]
  const marks: Mark[] = [
    { kind: 'point', at: [100, 30, 10], text: 'on the side' },
    { kind: 'span', from: [0, 0, 20], to: [100, 0, 20], text: 'along' },
  ]
  const { texts } = drawImage({ meshes: [{ mesh: block }], marks, views, width: 900, height: 400 })
  const left = (text: string) => texts.find((written) => written.text === text)?.x ?? Number.NaN
  assert.ok(left('above') < left('along') && left('along') < left('side'))
  assert.ok(left('side') < left('on the side'))
})

test('the file is a PNG of the size that was asked for, and the same each time', async () => {
  const drawing: Drawing = { meshes: [{ mesh: ball }], width: 320, height: 200, title: 'Ball' }
  const bytes = drawScan(drawing)
  const { format, width, height } = await sharp(bytes).metadata()
  assert.deepEqual([format, width, height], ['png', 320, 200])
  assert.deepEqual(drawScan(drawing), bytes)
})

test('what no picture can be is a mistake of the caller', () => {
  const meshes = [{ mesh: ball }]
  assert.throws(() => drawScan({ meshes, width: 10 }), RangeError)
  assert.throws(() => drawScan({ meshes, height: 100.5 }), RangeError)
  assert.throws(
    () => drawScan({ meshes, views: Array.from({ length: 5 }, () => ({ from: [0, 0, 1] as const })) }),
    RangeError,
  )
})
