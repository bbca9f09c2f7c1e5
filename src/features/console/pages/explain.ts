import { form, notice, type Tone, table, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { explainToken } from '../explain-token/explain.ts'
import type {
  ExplainedCheck,
  ExplainedMember,
  ExplainedToken,
} from '../explain-token/explained.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { consolePage } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { pathOfUser } from './user-texts.ts'

const handlers: ConsoleHandlers = {
  postPermission: 'watchword.view',
  get: (visit) => explainPage(visit, undefined),
  async post(visit) {
    const token = visit.form.text('token')
    if (token === '') throw fieldError({ token: ['This field is required.'] })
    // Answered, not redirected: a token must not be in an address.
    return explainPage(visit, await explainToken(token, visit.core))
  },
}

export const explain = forStaff(handlers)

function explainPage(visit: StaffVisit, explained: ExplainedToken | undefined): Html {
  const errors = errorsIn(visit)
  return consolePage(visit, {
    title: 'Explain a token',
    current: 'explain',
    hasErrors: errors !== undefined,
    main: html`<h1>Explain a token</h1>
${summaryOf(visit, errors)}
${tokenForm(visit)}
${explained !== undefined && explanation(explained)}`,
  })
}

const tokenForm = (visit: StaffVisit): Html =>
  form(
    visit,
    { action: '/console/explain/' },
    html`<div class="field"><label for="token">Token</label>
<p class="hint" id="token-hint">Access, refresh, sliding or API token, or the cookie of a session; with or without “Bearer”. It is read here, and neither stored nor logged nor shown again. A valid token gives access: handle it like a password.</p>
<textarea id="token" name="token" rows="5" required spellcheck="false" autocomplete="off" autocapitalize="none" aria-describedby="token-hint"></textarea></div>
<div class="row"><button class="btn main">Explain</button></div>`,
  )

const explanation = (explained: ExplainedToken): Html =>
  html`${verdict(explained)}
<div class="split">
<section aria-labelledby="checks"><h2 id="checks">Checks, in order</h2><ol class="checks">${explained.checks.map(checkItem)}</ol></section>
<div class="flow">${members('Header', explained.header)}${members(CLAIMS[explained.kind] ?? 'Claims', explained.claims)}</div>
</div>
${answered(explained)}`

const CLAIMS: Readonly<Record<string, string>> = { 'api token': 'Token' }

function toneOf(accepted: boolean): Tone {
  if (accepted) return 'good'
  return 'bad'
}

const verdict = ({
  accepted,
  summary,
  advice,
  option,
  kind,
  user,
}: ExplainedToken): Html =>
  notice(
    toneOf(accepted),
    html`<p>${advice}${option !== undefined && html` The option <code>${option}</code> decides.`}</p>
<p>Kind: ${kind}${user !== undefined && html`, of <a href="${pathOfUser(user.id)}">${user.username}</a>`}.</p>`,
    { title: summary },
  )

const OUTCOMES = {
  passed: ['passed', 'good'],
  refused: ['refused', 'bad'],
  passes: ['passes', undefined],
  fails: ['fails', undefined],
} as const

const checkItem = ({ name, outcome, text, option }: ExplainedCheck): Html => {
  const [word, tone] = OUTCOMES[outcome]
  const isReached = tone !== undefined
  return html`<li>${tag(word, tone)}<div><strong>${name}.</strong> ${!isReached && 'Not reached. '}${text}${option !== undefined && html` <small><code>${option}</code></small>`}</div></li>`
}

const members = (caption: string, rows: readonly ExplainedMember[]): HtmlValue =>
  rows.length > 0 &&
  table(
    caption,
    [
      { title: 'Name', cell: ({ name }: ExplainedMember) => html`<code>${name}</code>` },
      { title: 'Value', cell: ({ value }) => html`<small class="mono">${value}</small>` },
      { title: 'Meaning', cell: ({ meaning }) => meaning },
    ],
    rows,
  )

const answered = ({ answer }: ExplainedToken): HtmlValue =>
  answer !== undefined &&
  html`<section aria-labelledby="answer"><h2 id="answer">What the client receives</h2>
<div class="message"><pre><b>HTTP/1.1 ${answer.status}</b>
${answer.challenge !== undefined && `WWW-Authenticate: ${answer.challenge}\n`}Content-Type: application/json

${JSON.stringify(answer.body, undefined, 2)}</pre></div></section>`
