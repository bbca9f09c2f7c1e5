import { table } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { DescribedOption } from '../../core.ts'
import { filterChoice, filterField, filters } from './list.ts'
import { consolePage } from './shell.ts'
import { forStaff, type StaffVisit } from './staff-visit.ts'
import { NONE, plural } from './text.ts'

const PATH = '/console/settings/'

export const settings = forStaff({
  get: (visit) => settingsPage(visit, visit.core.describeOptions()),
})

function settingsPage(visit: StaffVisit, options: readonly DescribedOption[]): Html {
  const found = options.filter((option) => matches(option, visit))
  return consolePage(visit, {
    title: 'Settings',
    current: 'settings',
    main: html`<h1>Settings</h1>
<p>Set in code or in the environment, and read when the server starts. They cannot be changed here. Secrets are never shown. Times without a unit are in seconds.</p>
${searchForm(visit)}
${sections(found, visit)}`,
  })
}

const searchForm = (visit: StaffVisit): Html =>
  filters(
    PATH,
    html`${filterField(visit, { name: 'q', label: 'Search', type: 'search', title: 'Part of a name, a value or a setting of Django' })}
${filterChoice(visit, 'from', 'Set', { '': 'all', set: 'not the default' })}`,
  )

const searched = ({ query }: StaffVisit): string =>
  (query.get('q') ?? '').trim().toLowerCase()

function matches(
  { path, value, from, django }: DescribedOption,
  visit: StaffVisit,
): boolean {
  if (visit.query.get('from') === 'set' && from === 'default') return false
  const words = [path, value, ...django].join('\n').toLowerCase()
  return words.includes(searched(visit))
}

/** A section is open if it has what was searched for, and one that has a value that is set says so. */
function sections(found: readonly DescribedOption[], visit: StaffVisit): HtmlValue {
  if (found.length === 0)
    return html`<p class="empty">No option matches. <a href="${PATH}">Show all options</a></p>`
  const isOpen = searched(visit) !== '' || visit.query.get('from') === 'set'
  return [...sectionsOf(found)].map(([name, members]) =>
    optionSection(name, members, isOpen),
  )
}

/** Options by the first part of their path; those without a section are of the instance. */
function sectionsOf(
  options: readonly DescribedOption[],
): ReadonlyMap<string, readonly DescribedOption[]> {
  return Map.groupBy(options, ({ path }) => {
    const [first = '', ...rest] = path.split('.')
    if (rest.length === 0) return 'Instance'
    return first
  })
}

function optionSection(
  name: string,
  members: readonly DescribedOption[],
  isOpen: boolean,
): Html {
  const set = members.filter(({ from }) => from !== 'default').length
  return html`<details${isOpen && html` open`}>
<summary>${name} <small>${plural(members.length, 'option')}${set > 0 && `, ${set} set`}</small></summary>
${optionTable(name, members)}
</details>`
}

const optionTable = (name: string, members: readonly DescribedOption[]): Html =>
  table<DescribedOption>(
    name,
    [
      { title: 'Option', cell: ({ path }) => html`<code>${path}</code>` },
      { title: 'Value', cell: ({ value }) => value },
      { title: 'From', cell: ({ from }) => sourceText(from) },
      { title: 'In Django', cell: ({ django }) => djangoText(django) },
    ],
    members,
  )

function sourceText(from: string): HtmlValue {
  if (from.startsWith('WATCHWORD_')) return html`<code>${from}</code>`
  return from
}

function djangoText(names: readonly string[]): HtmlValue {
  if (names.length === 0) return NONE
  return html`<code>${names.join(', ')}</code>`
}
