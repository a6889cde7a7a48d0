import { GeometryRefusal } from '../refusal.ts'
import { forgeAudio } from './forge-audio/forge-audio.ts'
import { forgeGrip } from './forge-grip/forge-grip.ts'
import { forgeHead } from './forge-head/forge-head.ts'
import { forgeSmile } from './forge-smile/forge-smile.ts'
import { forgeStep } from './forge-step/forge-step.ts'
import { forgeWear } from './forge-wear/forge-wear.ts'
import type { Module } from './module.ts'

/** The modules that come with the library. */
export const shippedModules: readonly Module[] = [forgeAudio, forgeStep, forgeSmile, forgeGrip, forgeHead, forgeWear]

/** @throws GeometryRefusal DESIGN_OPTION_UNKNOWN with the ids there are */
export function moduleOf(id: string, modules: readonly Module[] = shippedModules): Module {
  const found = modules.find((module) => module.id === id)
  if (found) return found
  throw new GeometryRefusal(
    'DESIGN_OPTION_UNKNOWN',
    `module: "${id.slice(0, 60)}" is not among ${modules.map((m) => m.id).join(', ')}`,
    {
      option: 'module',
      value: id.slice(0, 200),
      allowed: modules.map((module) => module.id),
    },
  )
}
