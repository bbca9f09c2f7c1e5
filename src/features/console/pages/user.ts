import { seeOther } from '../../../pages/answers.ts'
import { tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { StoredUser } from '../../../users/user.ts'
import { act } from '../user-actions.ts'
import { USER_NOTICES } from '../user-notices.ts'
import { mayChange } from '../user-rules.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { breadcrumb, consolePage, doneNotice } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { actionPanel } from './user-action-panel.ts'
import { accountIn, dataOf, type UserData } from './user-data.ts'
import { accountFacts } from './user-facts.ts'
import { changeForms } from './user-forms.ts'
import { userLists } from './user-lists.ts'
import { pathOfUser, statusTags } from './user-texts.ts'

const handlers: ConsoleHandlers = {
  // `act` asks for the permission of each action.
  postPermission: 'watchword.view',
  get: async (visit) => userPage(visit, await dataOf(visit)),
  async post(visit) {
    const { user } = await accountIn(visit)
    const { code, path = pathOfUser(user.id), cookies = [] } = await act(user, visit)
    if (code === 'impersonated') return seeOther(path, { cookies })
    return seeOther(`${path}?done=${code}`)
  },
}

export const user = forStaff(handlers)

function userPage(visit: StaffVisit, data: UserData): Html {
  const { user: shown } = data.account
  const errors = errorsIn(visit)
  return consolePage(visit, {
    title: shown.username,
    current: 'users',
    hasErrors: errors !== undefined,
    main: html`${breadcrumb('Users', '/console/users/', shown.username)}
<div class="row"><h1>${shown.username}</h1>${allTags(shown)}</div>
${doneNotice(visit, USER_NOTICES)}
${summaryOf(visit, errors)}
<div class="split lead">
<section aria-labelledby="account"><h2 id="account">Account</h2>${accountFacts(visit, data)}${mayChange(shown, visit) && changeForms(visit, shown, errors)}</section>
${actionPanel(visit, data, errors)}
</div>
${userLists(visit, data)}`,
  })
}

const allTags = (shown: StoredUser): HtmlValue =>
  html`${statusTags(shown)}${shown.superuser && tag('superuser', 'now')}${shown.staff && tag('staff', 'now')}${shown.roles.map((role) => tag(role))}`
