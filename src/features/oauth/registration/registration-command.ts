import { commandFor, DATABASE } from '../../../command/command.ts'
import { isoOf, momentOf } from '../../../command/format.ts'
import type { ClientsInstance } from '../command.ts'
import { durationOf, withFieldErrors } from '../command.ts'

const command = commandFor<ClientsInstance>()

export const clientRegistrationToken = command({
  name: 'client registration-token',
  summary: 'Issues a token with which one application can be registered.',
  args: [],
  description:
    'Needs the option oauth.registration "token". The token is sent as Bearer to /oauth/register (RFC 7591), once.',
  examples: [
    'watchword client registration-token',
    'watchword client registration-token --expires-in 7d',
  ],
  options: {
    'expires-in': {
      type: 'string',
      value: 'TIME',
      help: 'how long it is valid: 1h, 7d or a number of seconds; one day by default',
    },
    ...DATABASE,
  },
  async run({ values, open }) {
    const given = values['expires-in']
    const options = { ...(given !== undefined && { expiresIn: durationOf(given) }) }
    const { token, expiresAt } = await open(values.database, (auth) =>
      withFieldErrors(() => auth.clients.registrationToken(options)),
    )
    return {
      text: `${token}\n\nValid until ${momentOf(expiresAt)} (UTC). It is shown only once.`,
      json: { token, expires_at: isoOf(expiresAt) },
    }
  },
})
