import { gzipSync } from 'node:zlib'
import type { Asked } from './client.ts'

/** Part of every value that is sent; must not appear in a log. */
export const CANARY = 'CANARY-4711'

/** The endpoints and their required fields. */
export const ENDPOINTS = [
  ['/api/token/', ['username', 'password']],
  ['/api/token/refresh/', ['refresh']],
  ['/api/token/verify/', ['token']],
  ['/api/token/blacklist/', ['refresh']],
  ['/api/token/sliding/', ['username', 'password']],
  ['/api/token/sliding/refresh/', ['token']],
] as const

export type Fields = (typeof ENDPOINTS)[number][1]

/** A response: its status and its body, exact or as a pattern. */
export type Expected = readonly [status: number, body: string | RegExp]

export interface BadInput {
  readonly what: string
  readonly asked: (fields: Fields) => Asked
  readonly answered: (fields: Fields, path: string) => Expected
}

export const TWO_WORDS =
  '{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' }
const MULTIPART_TYPE = { 'Content-Type': 'multipart/form-data; boundary=B' }

const isPassword = (fields: Fields): boolean => fields.includes('password' as never)

/** One fault for every field, in the order in which the endpoint declares them. */
const faults =
  (says: string) =>
  (fields: Fields): Expected => [
    400,
    JSON.stringify(Object.fromEntries(fields.map((name) => [name, [says]]))),
  ]

/** The response to an invalid token or a wrong password. */
const rejected = (fields: Fields): Expected => [
  401,
  isPassword(fields)
    ? '{"detail":"No active account found with the given credentials"}'
    : '{"detail":"Token is invalid","code":"token_not_valid"}',
]

const detail = (status: number, text: string) => (): Expected => [
  status,
  JSON.stringify({ detail: text }),
]

const malformedJson = (): Expected => [400, /^\{"detail":"JSON parse error - [^"]+"\}$/]
const malformedParts = (): Expected => [
  400,
  /^\{"detail":"Multipart form parse error - [^"]+"\}$/,
]
const noDictionary = (says: string) => (): Expected => [
  400,
  JSON.stringify({ non_field_errors: [says] }),
]

const object = (fields: Fields, literal: string): string =>
  `{"canary":"${CANARY}",${fields.map((name) => `"${name}":${literal}`).join()}}`

/** Every field has this JSON literal. */
const values =
  (literal: string) =>
  (fields: Fields): Asked => ({ headers: JSON_TYPE, body: object(fields, literal) })

const body = (headers: Asked['headers'], bytes: string | Uint8Array) => (): Asked => ({
  ...(headers === undefined ? {} : { headers }),
  body: bytes,
})

const json = (text: string | Uint8Array) => body(JSON_TYPE, text)

const form =
  (value: string) =>
  (fields: Fields): Asked => ({
    headers: FORM_TYPE,
    body: fields.map((name) => `${name}=${value}`).join('&'),
  })

const parts = (fields: Fields, disposition: string): string =>
  fields
    .map(
      (name) =>
        `--B\r\nContent-Disposition: form-data; name="${name}"${disposition}\r\n\r\n${CANARY}\r\n`,
    )
    .join('')

/** All that could be wrong with a field, a body, its type or its size (specification 0.6, 0.7; rules D1 to D4). */
export const BAD_INPUTS: readonly BadInput[] = [
  { what: 'no body', asked: () => ({}), answered: faults('This field is required.') },
  {
    what: 'no body of any type',
    asked: body({ 'Content-Type': 'text/csv' }, ''),
    answered: faults('This field is required.'),
  },
  {
    what: 'an empty object',
    asked: json('{}'),
    answered: faults('This field is required.'),
  },
  {
    what: 'other fields',
    asked: json(`{"x":"${CANARY}","__proto__":{"refresh":"a","token":"a"}}`),
    answered: faults('This field is required.'),
  },
  {
    what: 'null',
    asked: values('null'),
    answered: faults('This field may not be null.'),
  },
  {
    what: 'blank',
    asked: values('""'),
    answered: faults('This field may not be blank.'),
  },
  {
    what: 'white space of many kinds',
    asked: values('" \\t\\u3000\\u001c\\u0085"'),
    answered: faults('This field may not be blank.'),
  },
  { what: 'true', asked: values('true'), answered: faults('Not a valid string.') },
  {
    what: 'a list',
    asked: values(`["${CANARY}"]`),
    answered: faults('Not a valid string.'),
  },
  {
    what: 'an object',
    asked: values(`{"a":"${CANARY}"}`),
    answered: faults('Not a valid string.'),
  },
  { what: 'a number', asked: values('4711'), answered: rejected },
  { what: 'a number beyond all measure', asked: values('1e999'), answered: rejected },
  { what: 'text', asked: values(`"${CANARY}"`), answered: rejected },
  {
    what: 'text of three parts',
    asked: values(`"${CANARY}.${CANARY}.${CANARY}"`),
    answered: rejected,
  },
  {
    what: 'emoji and right-to-left',
    asked: values(`"🙈\\u202e${CANARY}"`),
    answered: rejected,
  },
  {
    what: 'a null character',
    asked: values(`"${CANARY}\\u0000"`),
    answered: faults('Null characters are not allowed.'),
  },
  {
    what: 'a lone surrogate',
    asked: values(`"${CANARY}\\udc00"`),
    answered: faults('Surrogate characters are not allowed: U+DC00.'),
  },
  {
    what: 'a value of 30,000 bytes',
    asked: values(`"${CANARY.padEnd(30_000, 'x')}"`),
    answered: (fields) =>
      isPassword(fields)
        ? [400, '{"password":["Ensure this field has no more than 4096 characters."]}']
        : rejected(fields),
  },
  {
    what: 'a secret twice',
    asked: (fields) => ({
      headers: JSON_TYPE,
      body: object(
        [fields.at(-1)] as never,
        `"a","${fields.at(-1)}":"${CANARY}"`,
      ).replace('{', isPassword(fields) ? '{"username":"a",' : '{'),
    }),
    answered: (fields) => [
      400,
      `{"${fields.at(-1)}":["This field may be sent only once."]}`,
    ],
  },
  { what: 'JSON null', asked: json('null'), answered: noDictionary('No data provided') },
  ...(
    [
      ['[]', 'list'],
      [`"${CANARY}"`, 'str'],
      ['4711', 'int'],
      ['1.5', 'float'],
      ['true', 'bool'],
    ] as const
  ).map(([text, type]) => ({
    what: `JSON ${type}`,
    asked: json(text),
    answered: noDictionary(`Invalid data. Expected a dictionary, but got ${type}.`),
  })),
  {
    what: 'half an object',
    asked: json(`{"refresh":"${CANARY}`),
    answered: malformedJson,
  },
  { what: 'NaN', asked: json('{"refresh":NaN}'), answered: malformedJson },
  {
    what: 'single quotes',
    asked: json(`{'refresh':'${CANARY}'}`),
    answered: malformedJson,
  },
  { what: 'text behind the object', asked: json(`{}${CANARY}`), answered: malformedJson },
  { what: 'a byte order mark', asked: json('\ufeff{}'), answered: malformedJson },
  {
    what: 'UTF-16',
    asked: json(Buffer.from('{"refresh":"a"}', 'utf16le')),
    answered: malformedJson,
  },
  {
    what: 'bytes that are not UTF-8',
    asked: json(Buffer.from('{"refresh":"\xff\xfe"}', 'latin1')),
    answered: malformedJson,
  },
  {
    what: 'an overlong NUL',
    asked: json(Buffer.from('{"refresh":"\xc0\x80"}', 'latin1')),
    answered: malformedJson,
  },
  {
    what: 'binary as JSON',
    asked: json(Buffer.alloc(5000, '\x00\x01\xfe\xff', 'latin1')),
    answered: malformedJson,
  },
  { what: '60,000 brackets', asked: json('['.repeat(60_000)), answered: malformedJson },
  {
    what: '12,000 objects in one another',
    asked: json('{"a":'.repeat(12_000)),
    answered: malformedJson,
  },
  {
    what: 'a value of 65 lists',
    asked: values('['.repeat(65) + ']'.repeat(65)),
    answered: malformedJson,
  },
  {
    what: '5,000 members',
    asked: json(`{${Array.from({ length: 5000 }, (_, i) => `"${i}":1`)}}`),
    answered: malformedJson,
  },
  {
    what: 'a blank form',
    asked: form(''),
    answered: faults('This field may not be blank.'),
  },
  {
    what: 'a null character in a form',
    asked: form(`${CANARY}%00`),
    answered: faults('Null characters are not allowed.'),
  },
  {
    what: 'bytes in a form that are not UTF-8',
    asked: form(`${CANARY}%FF%C0%80`),
    answered: rejected,
  },
  {
    what: 'a form with broken escapes',
    asked: form(`${CANARY}%ZZ%`),
    answered: rejected,
  },
  {
    what: 'binary as a form',
    asked: body(FORM_TYPE, Buffer.alloc(5000, '\x00\x01\xfe\xff', 'latin1')),
    answered: faults('This field is required.'),
  },
  {
    what: 'a form of 30,000 pairs',
    asked: body(FORM_TYPE, 'a&'.repeat(30_000)),
    answered: detail(400, 'Malformed request.'),
  },
  {
    what: 'parts without a boundary',
    asked: body({ 'Content-Type': 'multipart/form-data' }, '--B--'),
    answered: malformedParts,
  },
  {
    what: 'parts without an end',
    asked: (fields) => ({ headers: MULTIPART_TYPE, body: parts(fields, '') }),
    answered: malformedParts,
  },
  {
    what: 'parts that are files',
    asked: (fields) => ({
      headers: MULTIPART_TYPE,
      body: `${parts(fields, '; filename="x"')}--B--\r\n`,
    }),
    answered: faults('Not a valid string.'),
  },
  {
    what: 'parts that are tokens',
    asked: (fields) => ({
      headers: MULTIPART_TYPE,
      body: `${parts(fields, '')}--B--\r\n`,
    }),
    answered: rejected,
  },
  {
    what: 'binary in parts',
    asked: body(MULTIPART_TYPE, Buffer.alloc(5000, '\x00\x01\xfe\xff', 'latin1')),
    answered: malformedParts,
  },
  {
    what: '13,000 boundaries',
    asked: body(MULTIPART_TYPE, '--B\r\n'.repeat(13_000)),
    answered: malformedParts,
  },
  {
    what: 'a body without a type',
    asked: body(undefined, '{}'),
    answered: detail(415, 'Unsupported media type "" in request.'),
  },
  ...(
    [
      'text/plain',
      'application/xml',
      'application/merge-patch+json',
      'application/json, application/json',
      'application/json; charset=utf-16',
      'nonsense',
    ] as const
  ).map((type) => ({
    what: `a body of ${type}`,
    asked: body({ 'Content-Type': type }, `{"refresh":"${CANARY}"}`),
    answered: detail(415, `Unsupported media type "${type}" in request.`),
  })),
  {
    what: 'a compressed body',
    asked: body(
      { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
      gzipSync(`{"refresh":"${CANARY}"}`),
    ),
    answered: detail(415, 'Unsupported content encoding "gzip" in request.'),
  },
  {
    what: '65,537 bytes',
    asked: json(' '.repeat(65_537)),
    answered: detail(413, 'The request body is too large.'),
  },
  {
    what: '65,537 bytes in chunks',
    asked: body({ ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }, ' '.repeat(65_537)),
    answered: detail(413, 'The request body is too large.'),
  },
  {
    what: 'an answer in XML',
    asked: () => ({ headers: { Accept: 'application/xml' } }),
    answered: detail(406, 'Could not satisfy the request Accept header.'),
  },
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'].map((method) => ({
    what: method,
    asked: (fields: Fields) => ({ ...values(`"${CANARY}"`)(fields), method }),
    answered: detail(405, `Method "${method}" not allowed.`),
  })),
  { what: 'HEAD', asked: () => ({ method: 'HEAD' }), answered: () => [405, ''] },
  {
    what: 'another method by a header',
    asked: () => ({ method: 'GET', headers: { 'X-HTTP-Method-Override': 'POST' } }),
    answered: detail(405, 'Method "GET" not allowed.'),
  },
  // Only a sign-out without a token in its body reads the header.
  {
    what: 'two Authorization headers',
    asked: () => ({ headers: { Authorization: [`Bearer ${CANARY}`, 'Basic YTpi'] } }),
    answered: (fields, path) =>
      path === '/api/token/blacklist/'
        ? [401, TWO_WORDS]
        : faults('This field is required.')(fields),
  },
]
