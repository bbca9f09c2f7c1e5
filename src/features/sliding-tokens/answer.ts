import { answer } from '../../http/description.ts'
import { closed, text } from '../../http/json-schema.ts'

export const SLIDING_TOKEN = answer(
  'The sliding token.',
  closed({
    token: text('Send it as `Authorization: Bearer …`, and exchange it in time.'),
  }),
)
