import type { BodyPart, PartMeasurer } from './measurement.ts'
import { fullBody } from './body/body.ts'
import { ear } from './ear/ear.ts'
import { foot } from './foot/foot.ts'
import { hand } from './hand/hand.ts'
import { head } from './head/head.ts'
import { teeth } from './teeth/teeth.ts'

/** Who measures which part of the body. */
export const measurers: Record<BodyPart, PartMeasurer> = { ear, foot, teeth, hand, head, full_body: fullBody }
