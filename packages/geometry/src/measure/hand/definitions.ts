import type { Definition } from '../measurement.ts'

const mm = 'mm' as const
const along =
  'Along the axis of the finger, the straight line through the middles of its sections, from where it leaves its neighbours (mean of the crotches beside it) to its tip.'
const across = 'Largest breadth of the section at right angles to its axis, half way between root and tip.'
const ours = 'ours: the creases at which ISO 7250-1 begins a finger are seldom in a scan'

const finger = (name: string) => ({
  [`${name}_length`]: { unit: mm, definition: along, source: ours },
  [`${name}_width`]: { unit: mm, definition: across, source: 'ours, near ISO 7250-1 (finger breadth at the joint)' },
})

export const definitions: Record<string, Definition> = {
  hand_length: {
    unit: mm,
    definition:
      'From the wrist to the tip of the middle finger, along that finger. The wrist is where, going from the palm up the arm, the girth stops falling: by less than 0.6 % per mm over 12 mm. Without a wrist in the scan: from the end of a palm that does not narrow.',
    source: 'ANSUR II (Gordon et al. 2014), hand length; the wrist found by girth is ours',
  },
  palm_length: {
    unit: mm,
    definition: 'From the wrist to the root of the middle finger, along that finger.',
    source: 'ISO 7250-1:2017, palm length; wrist and root as for hand_length and middle_length',
  },
  hand_breadth: {
    unit: mm,
    definition:
      'Largest breadth of the palm without the thumb, at right angles to the middle finger, between 0.15 and 0.35 lengths of that finger below the crotches (the heads of the metacarpals).',
    source: 'ANSUR II, hand breadth',
  },
  hand_circumference: {
    unit: mm,
    definition: 'Largest girth of the palm without the thumb, as a tape lies, at the same places as hand_breadth.',
    source: 'ANSUR II, hand circumference',
  },
  wrist_circumference: {
    unit: mm,
    definition: 'Least girth between the wrist and 12 mm up the arm, at right angles to the middle finger.',
    source: 'ANSUR II, wrist circumference; the wrist found by girth is ours',
  },
  wrist_breadth: {
    unit: mm,
    definition: 'Largest breadth of the section of wrist_circumference.',
    source: 'ISO 7250-1; the wrist found by girth is ours',
  },
  ...finger('thumb'),
  ...finger('index'),
  ...finger('middle'),
  ...finger('ring'),
  ...finger('little'),
}
