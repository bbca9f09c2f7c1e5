import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { type CommandOutput, command } from '../command/command.ts'
import { CommandError, ReportedError, UsageError } from '../command/errors.ts'
import { printable, quoted } from '../command/format.ts'
import {
  type RequestToSign,
  SignatureError,
  type Signer,
  type SigningResult,
  signedFetch,
} from '../sign/index.ts'
import { KEY, signerFor } from './call-key.ts'

export const call = command({
  name: 'call',
  summary: 'Sends a signed request, and prints the answer.',
  args: ['URL'],
  description: `The key is a file: what "watchword signing-key create --json" prints, a private key in PEM or as a JSON Web Key, or a secret
alone. With --scheme dpop the access token is in WATCHWORD_ACCESS_TOKEN.

With --verbose it prints the request, too, and the text that was signed: if a server refuses the signature, it has made another text of the
request. With --dry-run it prints these, and sends nothing.

Exit codes: 0 for an answer below 400; 1 for others, and if there is none; 2 for wrong usage.`,
  examples: [
    'watchword signing-key create --user vitor --json > key.json',
    'watchword call https://api.example.com/notes --key key.json',
    'watchword call https://api.example.com/notes --key key.json -d \'{"title":"x"}\' -v',
    'watchword call https://api.example.com/hooks --key hook.pem --key-id hook --algorithm ed25519 -d @event.json --dry-run',
  ],
  options: {
    ...KEY,
    method: {
      type: 'string',
      short: 'X',
      value: 'METHOD',
      help: 'default: GET, or POST with a body',
    },
    data: {
      type: 'string',
      short: 'd',
      value: 'BODY',
      help: 'the body, or @FILE; JSON gets its content type',
    },
    header: {
      type: 'string',
      short: 'H',
      value: 'HEADER',
      multiple: true,
      help: 'a header, such as "Accept: text/plain"; repeat it for others',
    },
    verbose: {
      type: 'boolean',
      short: 'v',
      help: 'print the request and the text that was signed',
    },
    'dry-run': { type: 'boolean', help: 'print the signed request, and do not send it' },
  },
  async run({ args: [url = ''], values, context, print }) {
    const request = requestOf(url, values)
    const signed = recording(await signerFor(values, context))
    if (values['dry-run'] === true) {
      await understandable(() => signed.signer.sign(request))
      return outputOf(signed.sent)
    }
    const answer = await understandable(() => send(request, signed.signer))
    const sent = values.verbose === true ? signed.sent : []
    print(outputOf(sent, answer, await answer.text()))
    if (answer.status >= 400) throw new ReportedError(1)
    return undefined
  },
})

interface RequestValues {
  readonly method?: string
  readonly data?: string
  readonly header?: readonly string[]
}

type Sendable = RequestToSign & {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
}

/** @throws UsageError; CommandError if the file of the body cannot be read */
function requestOf(
  address: string,
  { method, data, header = [] }: RequestValues,
): Sendable {
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError('URL must be an address such as https://api.example.com/notes.')
  const body = data === undefined ? undefined : bodyIn(data)
  const headers = new Headers(header.map(headerIn))
  if (body !== undefined && !headers.has('content-type') && isJson(body))
    headers.set('content-type', 'application/json')
  const usual = body === undefined ? 'GET' : 'POST'
  return { url, method: method ?? usual, headers, body }
}

function bodyIn(data: string): Buffer<ArrayBuffer> {
  if (!data.startsWith('@')) return Buffer.from(data)
  try {
    return readFileSync(data.slice(1))
  } catch (cause) {
    throw new CommandError(`The file ${quoted(data.slice(1))} cannot be read.`, { cause })
  }
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString())
    return true
  } catch {
    return false
  }
}

function headerIn(line: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([!#$%&'*+.^`|~\w-]+):(.*)$/s.exec(line) ?? []
  if (name === '' || /[\r\n\0]/.test(value))
    throw new UsageError(
      '--header must be a name and a value, such as "Accept: text/plain".',
    )
  if (/^(authorization|cookie|dpop)$/i.test(name))
    throw new UsageError(
      `${name} must not be on the command line, where other users of this machine can read it. With --scheme dpop the access token is read from WATCHWORD_ACCESS_TOKEN.`,
    )
  return [name, value.trim()]
}

interface Sent {
  readonly request: Sendable
  readonly result: SigningResult
}

/** Keeps what it signs. */
function recording(signer: Signer) {
  const sent: Sent[] = []
  const sign = async (request: RequestToSign): Promise<SigningResult> => {
    const result = await signer.sign(request)
    sent.push({ request: request as Sendable, result })
    return result
  }
  return { sent, signer: { ...signer, sign } }
}

const send = ({ url, method, headers, body }: Sendable, signer: Signer) =>
  signedFetch(signer)(url, { method, headers, body: body as Uint8Array<ArrayBuffer> })

/** @throws CommandError if the request cannot be signed, or there is no answer */
async function understandable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SignatureError) throw new CommandError(error.message)
    if (!(error instanceof TypeError)) throw error
    const reason = error.cause instanceof Error ? error.cause.message : ''
    throw new CommandError([error.message, reason].filter(Boolean).join(': '))
  }
}

function outputOf(sent: readonly Sent[], answer?: Response, body = ''): CommandOutput {
  const requests = sent.map(requestJson)
  const headers = Object.fromEntries(answer?.headers ?? [])
  const lines = requests.map(requestText)
  if (answer !== undefined) lines.push(answerText(answer, sent.length > 0, body))
  return {
    text: lines.join('\n\n'),
    json: {
      ...(requests.length > 0 && { requests }),
      ...(answer && { status: answer.status, headers, body }),
    },
  }
}

const requestJson = ({ request: { method, url, headers }, result }: Sent) => ({
  method,
  url: String(url),
  headers: withoutToken({ ...Object.fromEntries(headers), ...result.headers }),
  signed: result.signed,
})

const withoutToken = ({ authorization, ...headers }: Record<string, string>) => ({
  ...headers,
  // A signature of Hawk is no secret.
  ...(authorization && { authorization: authorization.replace(/^DPoP .*/, 'DPoP …') }),
})

const fieldLines = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${printable(value)}`)
    .join('\n')

const requestText = ({ method, url, headers, signed }: ReturnType<typeof requestJson>) =>
  `${method} ${url}\n${fieldLines(headers)}\n\nSigned text:\n${indented(signed)}`

const indented = (text: string): string => text.trimEnd().replace(/^/gm, '  ')

function answerText(answer: Response, isVerbose: boolean, body: string): string {
  const status = `${answer.status} ${STATUS_CODES[answer.status] ?? ''}`.trim()
  const fields = isVerbose ? [fieldLines(Object.fromEntries(answer.headers))] : []
  return [[status, ...fields].join('\n'), visible(body)].filter(Boolean).join('\n\n')
}

/** Without characters that move the cursor. */
const visible = (body: string): string => body.replace(/[^\P{Cc}\n\t]/gu, '?').trimEnd()
