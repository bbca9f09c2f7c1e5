import { tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'
import type { DeviceItem } from './data.ts'
import { buttonForm } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'
import { deviceName, joined } from './sessions-view.ts'
import { usesOf } from './uses.ts'

/** The devices that are not asked for a second factor. Nothing if there are none. */
export const deviceList = (
  devices: readonly DeviceItem[],
  canChange: boolean,
  page: OwnPage,
): HtmlValue =>
  devices.length > 0 &&
  html`<h3>${page.texts.own.devices}</h3>
<p>${page.texts.own.devicesIntro}</p>
<ul class="items">
${devices.map((each) => deviceItem(each, canChange, page))}
</ul>
${
  canChange &&
  devices.length > 1 &&
  html`<div class="row">${buttonForm(page, to(page, 'devices'), page.texts.own.forgetDevices, { kind: 'danger' })}</div>`
}`

const deviceItem = (device: DeviceItem, canChange: boolean, page: OwnPage): Html => {
  const { own } = page.texts
  const name = deviceName(device, page)
  const facts = [
    device.address,
    usesOf(device, page),
    html`${own.expires} ${dateOf(device.expiresAt, page.language)}`,
  ]
  return html`<li>
<div><strong>${name}</strong><p class="hint">${joined(facts)}</p></div>
${device.isCurrent && tag(own.thisDevice, 'now')}
${canChange && buttonForm(page, to(page, 'device', device.id), own.forget, { of: name })}
</li>`
}
