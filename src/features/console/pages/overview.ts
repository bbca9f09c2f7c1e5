import { tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { activityWritten } from '../activity.ts'
import { consoleStore } from '../store.ts'
import { activityTable, charts, figures } from './activity-figures.ts'
import { type Attention, attentionOf } from './attention.ts'
import { healthProblems, healthTable, keyTable } from './health.ts'
import type { OverviewData } from './overview-data.ts'
import { beginOf, PERIODS, type Period, periodNamed } from './periods.ts'
import { consolePage } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { core } = visit
    const period = periodNamed(visit.query.get('period'))
    const reads = core.ports(consoleStore).console
    await activityWritten(core)
    const begin = beginOf(period, visit.now)
    const [activity, active, users, health, keys, attention] = await Promise.all([
      reads.listActivity(begin - period.length, period.bar),
      reads.countActiveSessions(core.clock()),
      reads.countUsers(),
      core.health(),
      core.keys.list(),
      attentionOf(visit, begin),
    ])
    return overviewPage(visit, {
      ...{ period, begin, activity, active, users, health, keys },
      attention: [...healthProblems(health), ...attention],
    })
  },
}

export const overview = forStaff(handlers)

const overviewPage = (visit: StaffVisit, data: OverviewData): Html =>
  consolePage(visit, {
    title: 'Overview',
    current: 'overview',
    main: html`<div class="row"><h1>Overview</h1><nav class="tabs push" aria-label="Period">${PERIODS.map((each) => periodLink(each, data.period))}</nav></div>
${figures(data)}
<div class="split lead"><div class="flow">${charts(data)}</div>${attentionList(data.attention)}</div>
<details><summary>Figures of the charts as a table</summary>${activityTable(data)}</details>
<div class="split"><section>${healthTable(data.health, visit)}</section><section>${keyTable(data.keys)}</section></div>`,
  })

const periodLink = ({ name, text }: Period, chosen: Period): Html =>
  html`<a href="/console/?period=${name}"${name === chosen.name && html` aria-current="true"`}>${text}</a>`

const attentionList = (all: readonly Attention[]): Html =>
  html`<section aria-labelledby="attention"><h2 id="attention">Needs attention</h2>
${attentionItems(all)}
</section>`

function attentionItems(all: readonly Attention[]): HtmlValue {
  if (all.length > 0) return html`<ul class="items">${all.map(attentionItem)}</ul>`
  return html`<p class="empty">Nothing. Reused tokens, throttled sign-ins, mails that fail and parts that do not answer appear here.</p>`
}

const attentionItem = ({ text, advice, word, tone }: Attention): Html =>
  html`<li><div>${text}<p class="hint">${advice}</p></div>${tag(word, tone)}</li>`
