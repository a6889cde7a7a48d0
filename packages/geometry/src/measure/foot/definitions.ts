import type { Definition } from '../measurement.ts'

const axis = 'the long axis (principal axis of the convex outline in plan)'
const ansur = 'ANSUR II (Gordon et al. 2014, NATICK/TR-15/007)'
const ground = 'the plane on which the foot stands'

/** What each measurement of a foot means. Heights are above the ground, shares of length count from the heel. */
export const definitions: Record<string, Definition> = {
  foot_length: {
    unit: 'mm',
    definition: `From the back of the heel (pternion) to the tip of the longest toe, parallel to ${axis}.`,
    source: `ISO 7250-1:2017 and ${ansur}, foot length; the axis is ours, see longAxis`,
  },
  ball_width: {
    unit: 'mm',
    definition: `Between two jaws parallel to the axis that touch the ball at its inner side (MTH1) and its outer side (MTH5), below the ankle.`,
    source: `${ansur}, foot breadth, horizontal`,
  },
  ball_width_anatomical: {
    unit: 'mm',
    definition: 'The level distance from MTH1 to MTH5, which lies farther back.',
    source: 'foot breadth, diagonal: Lee, Lin & Wang 2014, J Foot Ankle Res 7:44',
  },
  ball_girth: {
    unit: 'mm',
    definition: 'A tape round the ball in the upright plane through MTH1 and MTH5, bridging hollows.',
    source: `${ansur}, ball of foot circumference`,
  },
  ball_length: {
    unit: 'mm',
    definition: 'From the back of the heel to MTH1, along the axis.',
    source: `${ansur}, ball of foot length`,
  },
  outer_ball_length: {
    unit: 'mm',
    definition: 'From the back of the heel to MTH5, along the axis.',
    source: 'outside ball of foot length: Lee, Lin & Wang 2014, J Foot Ankle Res 7:44',
  },
  ball_angle: {
    unit: 'deg',
    definition: 'Between the line from MTH1 to MTH5 and the axis, in plan; 90 when MTH5 lies straight across.',
    source: 'last making: the ball (flex) angle',
  },
  heel_width: {
    unit: 'mm',
    definition: 'The largest breadth across the axis within the hindmost 16 % of the foot’s length, below the ankle.',
    source: `${ansur}, heel breadth, which names no place; the limit is ours, where the heel’s pad is broadest`,
  },
  instep_height: {
    unit: 'mm',
    definition: 'The highest point of the slice across the axis at half of the foot’s length.',
    source: 'dorsum height at 50 % of foot length: Williams & McClay 2000, Phys Ther 80(9)',
  },
  instep_girth: {
    unit: 'mm',
    definition: 'A tape round the upright slice across the axis at half of the foot’s length, bridging hollows.',
    source: 'mid-foot girth at 50 % of foot length: Witana et al. 2006, Int J Ind Ergon 36',
  },
  heel_girth: {
    unit: 'mm',
    definition:
      'The shortest tape round the lower back edge of the heel (where a plane at 45° touches it) and the bend between foot and leg, in a plane across the axis.',
    source: `${ansur}, heel-ankle circumference; last making: short heel girth`,
  },
  ankle_girth: {
    unit: 'mm',
    definition: 'The smallest level girth of the leg above the ankle bones, the first one from below.',
    source: `${ansur}, ankle circumference`,
  },
  arch_height: {
    unit: 'mm',
    definition:
      'The highest point of the sole’s inner curve (a tenth of the ball’s breadth inside the foot’s inner edge) over the straight line on which this curve rests at heel and ball.',
    source:
      'highest point of the soft tissue margin along the medial plantar curve: Hawes et al. 1992, Foot Ankle 13(1); the curve made explicit',
  },
  arch_index: {
    unit: 'ratio',
    definition: `The middle third’s share of the footprint without toes. The print is what lies within 2 mm of the ground; its length ends 8 % of the foot’s length in front of MTH1, the toes are cut off by the line as far in front of MTH1–MTH5.`,
    source: 'Cavanagh & Rodgers 1987, J Biomech 20(5), for ink; print and toe line made explicit for scans',
  },
  toe_angle: {
    unit: 'deg',
    definition:
      'The bend at MTH1 between the inner outline’s line from the heel (at 16 % of the length) and that to the big toe (at 90 %); positive when the toe points outwards.',
    source: 'hallux valgus angle of footprints, against the inner line of the foot; the two places on it are ours',
  },
  toe_height: {
    unit: 'mm',
    definition:
      'The thickness of the big toe: highest minus lowest point of the slice at 90 % of the length, inner half.',
    source: 'last making: toe height; the place is ours, behind the nail',
  },
  toe_spring: {
    unit: 'mm',
    definition: `How high the big toe’s underside at 90 % of the length is above ${ground}; 0 for toes on the ground.`,
    source: 'last making: toe spring, read under the big toe',
  },
}
