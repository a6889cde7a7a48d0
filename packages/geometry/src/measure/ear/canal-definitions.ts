import type { Definition, MeasurementUnit } from '../measurement.ts'

const line = 'The centre line runs through the middles of the areas of the sections at right angles to it. '
const entrance =
  'The entrance plane stands at right angles to the centre line where the wall, going outwards, opens by more than half a millimetre of radius in one of length (where the centre line passes the plane laid through the places where it does so all round; where the wall goes on much farther, as at the tragus, it is not counted); that is the rim where there is a sharp one, and the end of the scan where it shows no more than the canal.'
const bend =
  'A bend is a maximum of the centre line’s curvature (blurred by 0.8 mm) at least 3 mm behind the entrance, with a turn of 8° or more.'
const ours =
  'ours: studies differ in where the canal begins and bends, so both are stated by a rule that a machine can follow'
const study =
  'after the variables of Fan et al. 2021 (doi 10.1080/00140139.2020.1858188); section, plane and bend made explicit'

const of = (unit: MeasurementUnit, definition: string, source = study): Definition => ({ unit, definition, source })

const sectionOf = (where: string): Record<string, Definition> => ({
  area: of('mm2', `Area of the section at ${where}, at right angles to the centre line.`),
  perimeter: of('mm', `Length of the outline of the section at ${where}.`),
  major: of('mm', `Major axis (full) of the ellipse with the same second moments of area as the section at ${where}.`),
  minor: of('mm', `Minor axis (full) of the ellipse with the same second moments of area as the section at ${where}.`),
})

function named(prefix: string, parts: Record<string, Definition>): Record<string, Definition> {
  return Object.fromEntries(Object.entries(parts).map(([name, definition]) => [`${prefix}_${name}`, definition]))
}

const bendOf = (prefix: string, ordinal: string): Record<string, Definition> =>
  named(prefix, {
    distance: of(
      'mm',
      `Along the centre line from the entrance plane to the middle of the ${ordinal} bend. ${bend} Its middle is the mean of arc length weighted by squared curvature, where curvature is at least half of the maximum.`,
      ours,
    ),
    angle: of(
      'deg',
      `By how much the centre line turns over the ${ordinal} bend: between its directions where curvature has fallen to a thirtieth of the maximum on both sides, or is lowest.`,
      ours,
    ),
    ...sectionOf(`the ${ordinal} bend`),
    axis_angle: of(
      'deg',
      `Between the major axis of the section at the ${ordinal} bend and the plane in which the centre line bends there, 0 to 90.`,
      ours,
    ),
  })

/** What each measurement of the ear canal means. */
export const canalDefinitions: Record<string, Definition> = {
  canal_length: of(
    'mm',
    `Along the centre line from the entrance plane as far as the scan reaches: to its border, or to the surface that closes the canal. ${line}${entrance}`,
    ours,
  ),
  canal_diameter: of(
    'mm',
    'Mean over the canal’s length of the sections’ equivalent diameters, 2·√(area/π), from the entrance to where the wall ends. It is defined for straight canals as well, and no single section decides it.',
    'ours; the narrowest part has its own figure in first_bend_area',
  ),
  canal_entrance_area: of('mm2', `Area of the section in the entrance plane. ${entrance}`, ours),
  ...named('canal_entrance', {
    perimeter: of('mm', 'Length of the outline of the section in the entrance plane.'),
    major: of(
      'mm',
      'Major axis (full) of the ellipse with the same second moments of area as the section in the entrance plane.',
    ),
    minor: of(
      'mm',
      'Minor axis (full) of the ellipse with the same second moments of area as the section in the entrance plane.',
    ),
    diameter: of('mm', 'Equivalent diameter of the section in the entrance plane, 2·√(area/π).'),
  }),
  ...bendOf('first_bend', 'first'),
  ...bendOf('second_bend', 'second'),
  bend_spacing: of('mm', 'Along the centre line from the middle of the first bend to that of the second.'),
}
