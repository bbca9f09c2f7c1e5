import { isoTime } from '../../base/iso-time.ts'
import type { RememberedDevice } from './device.ts'

/** A remembered device as its user sees it. */
export const deviceJson = (device: RememberedDevice) => ({
  id: device.id,
  created_at: isoTime(device.createdAt),
  last_used_at: isoTime(device.lastUsedAt),
  expires_at: isoTime(device.expiresAt),
  address: device.address ?? null,
  user_agent: device.userAgent ?? null,
})
