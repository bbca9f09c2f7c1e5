import type { Html } from '../../../pages/html.ts'
import type { Visit } from '../../pages/visit.ts'
import type { EnterCodeData } from './data.ts'
import { faultsOfCode } from './faults.ts'
import { nextOf, render } from './flow.ts'
import { renderEnterCode } from './views.ts'

/** A page that takes the digits which were sent to an address or a number. */
export function enterCodePage(
  visit: Visit,
  {
    faults = faultsOfCode(visit, visit.texts.enterCode.wrong),
    ...page
  }: Pick<EnterCodeData, 'action' | 'address' | 'back'> & {
    readonly faults?: Pick<EnterCodeData, 'errors' | 'retry'>
  },
): Html {
  const { query, error } = visit
  const isResent = query.get('done') === 'resent' && error === undefined
  const data = { ...faults, ...page, isResent, next: nextOf(visit) }
  return render('enterCode', renderEnterCode, data, visit)
}
