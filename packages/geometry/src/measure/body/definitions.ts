import type { Definition } from '../measurement.ts'

const mm = 'mm' as const
const iso = 'ISO 8559-1:2017'
const both = 'Mean of both sides.'
const joints =
  'The shoulder point is the top of the section through the armpit by the plane that runs fore and aft and leans outwards by a third of the angle by which the arm hangs.'
const elbow =
  'The elbow is the middle of the arm farthest from the straight line through its middles at 30 % of the way from shoulder point to wrist (where the armpit is farther down: beyond it) and at the wrist; nearer than 1 % of that way to the line, the arm is straight.'

export const definitions = {
  stature: {
    unit: mm,
    definition: 'From the floor on which the body stands to the top of the head.',
    source: `${iso}, 5.7.1; ISO 20685-1`,
  },
  chest_girth: {
    unit: mm,
    definition:
      'Level girth of the torso without the arms, as a tape lies, at the height of the topmost summits of its front on both sides of the midline (breasts, pectorals: 3 to 10 % of the stature beside it, up to 7.5 % below the armpits). Of a front without two like summits: 3.5 % of the stature below the armpits, and less sure.',
    source: `${iso}, 5.3.4 (bust girth, chest girth at the height of the nipples); the height of a front without summits is ours`,
  },
  waist_girth: {
    unit: mm,
    definition: 'Least level girth of the torso between hips and chest, as a tape lies.',
    source: `${iso}, 5.3.10; the height found by the least girth is ours, since ribs and hip bone are not in a scan`,
  },
  hip_girth: {
    unit: mm,
    definition:
      'Level girth at the rearmost place of the buttocks, as a tape lies (of a body without any: the largest between crotch and waist).',
    source: `${iso}, 5.3.13`,
  },
  inseam: {
    unit: mm,
    definition: 'From the floor to the crotch, the lowest point between the legs in the midplane.',
    source: `${iso}, 5.1.14 (inside leg height)`,
  },
  neck_girth: {
    unit: mm,
    definition: 'Least girth of the neck in planes at right angles to the midplane, however they lean forward.',
    source: `${iso}, 5.3.2; the place found by the least girth is ours`,
  },
  thigh_girth: {
    unit: mm,
    definition: `Level girth of the thigh 1.5 % of the stature below the crotch. ${both}`,
    source: `${iso}, 5.3.20`,
  },
  upper_arm_girth: {
    unit: mm,
    definition: `Girth at right angles to the arm half way between shoulder point and elbow. ${both} ${joints} ${elbow}`,
    source: `${iso}, 5.3.16`,
  },
  wrist_girth: {
    unit: mm,
    definition: `Least girth between forearm and hand. ${both}`,
    source: `${iso}, 5.3.19`,
  },
  sleeve_length: {
    unit: mm,
    definition: `From the shoulder point by way of the elbow to the wrist; of a straight arm, whose elbow does not show, from the shoulder point to the wrist. ${both} ${joints} ${elbow}`,
    source: `${iso}, 5.4.14 (outer arm length), straight from joint to joint`,
  },
  shoulder_breadth: {
    unit: mm,
    definition: `Distance of the shoulder points. ${joints}`,
    source: `${iso}, 5.2.1 (shoulder width); the point found without the bone is ours`,
  },
  arm_span: {
    unit: mm,
    definition: 'From fingertip to fingertip at right angles to the midplane, of arms held out level to the sides.',
    source: 'ISO 7250-1:2017 (span)',
  },
} satisfies Record<string, Definition>
