import * as z from 'zod/mini'
import { isPreset, type Preset } from '../presets/define-preset.ts'
import { withDefault } from '../schema/shapes.ts'

const LIST_MESSAGE = 'must be a list of presets, such as [knox()]'

/** Presets are functions that make one, and passed without a call by mistake. */
const preset = z.custom<Preset>(isPreset, {
  error: ({ input }) =>
    typeof input === 'function'
      ? 'is a function that makes a preset: call it, as in [knox()]'
      : 'must be a preset of "watchword/presets", such as knox()',
})

export const presetOptions = withDefault(z.array(preset, LIST_MESSAGE), [])
