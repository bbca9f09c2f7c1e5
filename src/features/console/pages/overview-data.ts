import type { KeySummary } from '../../../keys/key-ring.ts'
import type { Health } from '../../../observability/health.ts'
import type { ActivityCount, Count } from '../listing.ts'
import type { Attention } from './attention.ts'
import type { Period } from './periods.ts'

/** What the overview shows. */
export interface OverviewData {
  readonly period: Period
  readonly begin: number
  /** Of the period, and of the one before it. */
  readonly activity: readonly ActivityCount[]
  readonly active: Count
  readonly users: Count
  readonly health: Health
  readonly keys: readonly KeySummary[]
  readonly attention: readonly Attention[]
}
