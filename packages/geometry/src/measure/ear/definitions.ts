import type { Definition } from '../measurement.ts'

const lateral = 'in the lateral view (at right angles to the outward axis)'
const edge = 'An edge is where the wall, beyond its steepest place, turns through 45° (the mean over 55 to 35°).'
const hutubs = 'HUTUBS / CIPIC pinna measures (Brinkmann et al. 2019; Algazi et al. 2001), landmarks made explicit'

/** What each measurement of pinna and concha means; the canal's stand in canal-definitions.ts. */
export const pinnaDefinitions: Record<string, Definition> = {
  pinna_height: {
    unit: 'mm',
    definition: `From the highest point of the helix to the lowest of the lobule, ${lateral}, along the vertical axis of the head as the ear lies in it (upright, not along the tilted axis of the ear itself).`,
    source: `${hutubs}: d5, there along the tilted ear axis`,
  },
  pinna_width: {
    unit: 'mm',
    definition: `From the foremost point of the concha's edge (tragus or notch) to the rearmost of the helix, ${lateral}, along the horizontal axis.`,
    source: `${hutubs}: d6 as the annotated landmarks have it`,
  },
  cavum_height: {
    unit: 'mm',
    definition: `From the edge of the intertragal notch to the nearest point of the edge of the crus of the helix, at the point of the notch for which this is longest, ${lateral}. ${edge}`,
    source: `${hutubs}: d1`,
  },
  cavum_width: {
    unit: 'mm',
    definition: `The level breadth between the edges of tragus and antihelix, the mean over a band 4 mm high at the cavum's middle, ${lateral}. ${edge}`,
    source: `${hutubs}: d3`,
  },
  cavum_depth: {
    unit: 'mm',
    definition:
      'From the deepest place of the cavum floor to the plane that fits the edges of tragus, antitragus and antihelix best, at right angles to that plane; the floor is averaged over a millimetre, and a canal is not part of it.',
    source: `${hutubs}: d8; the plane as in concha depths of hearing-aid practice`,
  },
  concha_depth: {
    unit: 'mm',
    definition: 'The same as cavum_depth: the concha is measured at the cavum.',
    source: 'as cavum_depth',
  },
  concha_width: {
    unit: 'mm',
    definition: 'The same as cavum_width: the concha is widest at the cavum.',
    source: 'as cavum_width',
  },
  concha_height: {
    unit: 'mm',
    definition: `From the edge of the intertragal notch along the cavum's height, over the crus, to the edge of the cymba across, ${lateral}. ${edge}`,
    source: `${hutubs}: d1 and d2 in one line`,
  },
  cymba_height: {
    unit: 'mm',
    definition: `From the edge of the crus, at the cavum's height axis, along that axis to the edge of the cymba across, ${lateral}. ${edge}`,
    source: `${hutubs}: d2 as the annotated landmarks have it`,
  },
  intertragal_width: {
    unit: 'mm',
    definition: `Between the two sides of the dip that the edge makes from tragus to antitragus, half-way between its lowest point and the lower of its two shoulders, ${lateral}.`,
    source: `${hutubs}: d7`,
  },
}
