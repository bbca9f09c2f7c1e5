import type { Translations } from '../../../pages/texts.ts'

/** The words of the page on which users enter the code of a device. */
export interface DeviceTexts {
  readonly title: string
  readonly text: string
  readonly code: string
  readonly submit: string
  readonly wrongCode: string
  readonly confirmTitle: (client: string) => string
  readonly confirmText: (client: string) => string
  readonly compare: string
  readonly warning: string
  /** @param address of the device, or of its network */
  readonly from: (address: string) => string
  readonly allow: string
  readonly deny: string
  readonly allowed: string
  readonly allowedText: (client: string) => string
  readonly denied: string
  readonly deniedText: (client: string) => string
}

export const deviceTexts: Translations<DeviceTexts> = {
  en: {
    title: 'Connect a device',
    text: 'Enter the code that your device shows. Never enter a code that somebody sent you.',
    code: 'Code',
    submit: 'Continue',
    wrongCode:
      'This code is wrong or has expired. Check it, or get a new one on your device.',
    confirmTitle: (client) => `Connect ${client} on your device?`,
    confirmText: (client) => `On a device, ${client} would like to:`,
    compare: 'Your device must show this code:',
    warning:
      'Only allow this if you have started it yourself, and the device is in front of you. If somebody sent you the code or this link, do not allow it: that person would get into your account.',
    from: (address) => `The device has the network address ${address}.`,
    allow: 'Allow',
    deny: 'Do not allow',
    allowed: 'Your device is connected',
    allowedText: (client) =>
      `Go on in ${client} on your device. You can close this page.`,
    denied: 'Your device is not connected',
    deniedText: (client) => `${client} gets no access. You can close this page.`,
  },
  de: {
    title: 'Gerät verbinden',
    text: 'Geben Sie den Code ein, den Ihr Gerät zeigt. Geben Sie nie einen Code ein, den Ihnen jemand geschickt hat.',
    code: 'Code',
    submit: 'Weiter',
    wrongCode:
      'Dieser Code ist falsch oder abgelaufen. Prüfen Sie ihn, oder lassen Sie sich auf Ihrem Gerät einen neuen zeigen.',
    confirmTitle: (client) => `${client} auf Ihrem Gerät verbinden?`,
    confirmText: (client) => `Auf einem Gerät möchte ${client}:`,
    compare: 'Ihr Gerät muss diesen Code zeigen:',
    warning:
      'Erlauben Sie dies nur, wenn Sie es selbst begonnen haben und das Gerät vor Ihnen steht. Hat Ihnen jemand den Code oder diesen Link geschickt, erlauben Sie es nicht: Sonst bekommt diese Person Zugang zu Ihrem Konto.',
    from: (address) => `Das Gerät hat die Netzwerkadresse ${address}.`,
    allow: 'Erlauben',
    deny: 'Nicht erlauben',
    allowed: 'Ihr Gerät ist verbunden',
    allowedText: (client) =>
      `Es geht auf Ihrem Gerät in ${client} weiter. Sie können diese Seite schließen.`,
    denied: 'Ihr Gerät ist nicht verbunden',
    deniedText: (client) =>
      `${client} bekommt keinen Zugang. Sie können diese Seite schließen.`,
  },
}
