import type { Definition } from '../measurement.ts'

const mm = 'mm' as const
const ansur = 'ANSUR II (Gordon et al. 2014, NATICK/TR-15/007)'
const chin = 'The menton is the lowest point of the chin in the midplane with the head bent back by 20°.'
const frankfurt =
  'The head is level when the line from the tragions to the height half way between sellion and subnasale is; without a tragion it is not known which way is level.'

export const definitions = {
  head_circumference: {
    unit: mm,
    definition:
      'Largest girth in planes at right angles to the midplane that pass through the glabella and over the back of the head, as a tape lies (convex hull of the section), ears left out. Of a shape without a face: the largest level girth.',
    source: `${ansur}, head circumference; ISO 7250-1:2017, 6.3.12`,
  },
  head_length: {
    unit: mm,
    definition: 'From the glabella to the farthest point of the back of the head (opisthocranion) in the midplane.',
    source: `${ansur}, head length`,
  },
  head_breadth: {
    unit: mm,
    definition: 'Largest breadth above the ears, at right angles to the midplane.',
    source: `${ansur}, head breadth`,
  },
  head_height: {
    unit: mm,
    definition: `From the menton to the vertex, at right angles to the level. ${chin} ${frankfurt}`,
    source: `${ansur}, menton to top of head`,
  },
  tragion_vertex_height: {
    unit: mm,
    definition: `From the middle of the two tragions to the vertex, at right angles to the level. ${frankfurt}`,
    source: `${ansur}, tragion to top of head`,
  },
  bitragion_breadth: {
    unit: mm,
    definition:
      'Distance of left and right tragion, on the cheek at the front edge of the concha, above the ear canal.',
    source: 'ISO 7250-1:2017; the tragion found as the front edge of the concha is ours',
  },
  interpupillary_distance: {
    unit: mm,
    definition: 'Distance of the middles of the two eyeballs: that of the pupils when looking far ahead.',
    source: 'ISO 13666:2019 (distance centres); read from eyeballs, since a pupil has no shape',
  },
  face_height: {
    unit: mm,
    definition: `From the menton to the sellion. ${chin} Where no tragion shows the level, sellion over subnasale is taken to lean back by 5°, and the length is less sure.`,
    source: `${ansur}, menton-sellion length`,
  },
  face_width: {
    unit: mm,
    definition:
      'Largest breadth of the face between the heights of sellion and subnasale, at least 12 mm in front of the tragions (bizygomatic). Without a tragion: at most 85 mm behind the place half way between sellion and subnasale, and only where the cheeks turn in again before that.',
    source: `${ansur}, bizygomatic breadth`,
  },
  nose_height: {
    unit: mm,
    definition: 'From the sellion to the subnasale, the deepest places of the outline above and below the nose.',
    source: 'Farkas 1994, Anthropometry of the Head and Face (n-sn)',
  },
  nose_protrusion: {
    unit: mm,
    definition: `From the subnasale to the foremost point of the nose, level and in the midplane. ${frankfurt}`,
    source: `${ansur}, nose protrusion`,
  },
  nose_bridge_height: {
    unit: mm,
    definition:
      'In the level section through the sellion: from the ridge back to where its flanks end (fall back by less than 0.2 mm per mm), mean of both sides.',
    source: 'ours: what carries spectacles, with nothing but the surface to tell it',
  },
  nose_bridge_width: {
    unit: mm,
    definition: 'In the level section through the sellion: width at half of the height of the bridge.',
    source: 'ours, as nose_bridge_height',
  },
} satisfies Record<string, Definition>

export type HeadMeasurement = keyof typeof definitions
