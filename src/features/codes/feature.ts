import { seconds } from '../../base/clock.ts'
import { flush } from '../../sessions/flush.ts'
import { defineFeature } from '../define-feature.ts'
import { codeOptions } from './options.ts'
import { codeStore } from './sql.ts'

/** One-time codes: confirmations, resets, sign-in codes and links, tickets, challenges, invitations. */
export const codes = defineFeature({
  name: 'codes',
  store: codeStore,
  options: {
    /** One-time codes and links. */
    codes: codeOptions,
  },
  events: ['code_issued', 'code_redeemed', 'code_exhausted'],
  async onUserDeleted(id, { ports }) {
    await ports(codeStore).codes.deleteAll(id)
  },
  rowNames: { codes: 'one-time code' },
  async flush({ ports, clock }, progress) {
    const { codes } = ports(codeStore)
    return { codes: await flush(codes, clock(), seconds(0), progress) }
  },
})
