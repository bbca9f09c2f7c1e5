import { table } from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { DescribedOption } from '../../core.ts'
import { forStaff, type StaffVisit } from './gate.ts'
import { consolePage } from './shell.ts'

export const settings = forStaff({
  get: (visit) => settingsPage(visit, visit.core.describeOptions()),
})

const settingsPage = (visit: StaffVisit, options: readonly DescribedOption[]): Html =>
  consolePage(visit, {
    title: 'Settings',
    current: 'settings',
    main: html`<h1>Settings</h1>
<p>Set in code or in the environment, and read when the server starts. They cannot be changed here. Secrets are never shown. Times without a unit are in seconds.</p>
${[...sectionsOf(options)].map(([name, members]) => optionTable(name, members))}`,
  })

/** Options by the first part of their path; those without a section are of the instance. */
function sectionsOf(
  options: readonly DescribedOption[],
): ReadonlyMap<string, readonly DescribedOption[]> {
  const sections = new Map<string, DescribedOption[]>()
  for (const option of options) {
    const [first = '', ...rest] = option.path.split('.')
    const name = rest.length === 0 ? 'Instance' : first
    sections.set(name, [...(sections.get(name) ?? []), option])
  }
  return sections
}

const optionTable = (name: string, members: readonly DescribedOption[]): Html =>
  table(
    name,
    [
      {
        title: 'Option',
        cell: ({ path }: DescribedOption) => html`<code>${path}</code>`,
      },
      { title: 'Value', cell: ({ value }) => value },
      {
        title: 'From',
        cell: ({ from }) =>
          from.startsWith('WATCHWORD_') ? html`<code>${from}</code>` : from,
      },
      {
        title: 'In Django',
        cell: ({ django }) =>
          django.length === 0 ? '–' : html`<code>${django.join(', ')}</code>`,
      },
    ],
    members,
  )
