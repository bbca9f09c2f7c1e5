import { configError } from '../base/errors.ts'
import type { SectionReader } from '../features/core.ts'
import { FEATURE_SECTIONS } from '../features.ts'

/** @param parsed all options, by name */
export const sectionReader =
  (parsed: object): SectionReader =>
  (schema) => {
    const known = Object.entries(FEATURE_SECTIONS).find(([, each]) => each === schema)
    if (known === undefined)
      throw configError(
        'A feature reads options that it does not declare: add their schema to "options" in its feature.ts.',
      )
    // The schema of this name has parsed it.
    return (parsed as Readonly<Record<string, never>>)[known[0]] as never
  }
