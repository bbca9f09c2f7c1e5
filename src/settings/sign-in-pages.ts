import type { SectionReader } from '../features/core.ts'
import { FEATURE_LIST } from '../features.ts'

/** Whether pages of a feature need those to sign in: see `Feature.needsSignInPages`. */
export const needsSignInPages = (section: SectionReader): boolean =>
  FEATURE_LIST.some((feature) => feature.needsSignInPages?.(section))
