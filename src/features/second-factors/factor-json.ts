import { isoTime, isoTimeOrNull } from '../../base/iso-time.ts'
import type { Factor } from './factors.ts'

/** A second factor as its user sees it. */
export const factorJson = ({ id, kind, label, createdAt, lastUsedAt }: Factor) => ({
  id,
  kind,
  label,
  created_at: isoTime(createdAt),
  last_used_at: isoTimeOrNull(lastUsedAt),
})
