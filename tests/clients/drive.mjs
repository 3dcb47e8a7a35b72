// Sends what the first line of the input asks for by Segment's library for node; says the message ids.
import { createInterface } from 'node:readline'
import { Analytics } from '@segment/analytics-node'

const lines = createInterface({ input: process.stdin })
let closed = false
lines.once('close', () => (closed = true))
const asked = JSON.parse(await new Promise(done => lines.once('line', done)))

const ids = []
const failed = []
const analytics = new Analytics({ writeKey: asked.key, host: asked.host, ...asked.options })
analytics.on('error', () => {}) // each call's callback says it too

let made = 0

function make() {
  for (const [method, given] of asked.calls) {
    const place = made++ // callbacks come in any order
    analytics[method](given, (error, context) => {
      ids[place] = context.event.messageId
      if (error) failed.push(context.event.messageId)
    })
  }
}

make()
while (asked.again && !closed) {
  await new Promise(done => setTimeout(done, 20))
  make()
}
await analytics.closeAndFlush()
lines.close()
console.log(JSON.stringify({ ids, failed }))
