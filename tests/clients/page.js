// Makes calls with analytics-next as it is shipped (global AnalyticsNext); asked by the tests through Playwright.
const ids = []
const failed = []
let analytics
const pending = []
let going = true

// Begin: what load() is given. An error of load is thrown.
window.begin = async (settings, options) => {
  analytics = AnalyticsNext.AnalyticsBrowser.load(settings, options)
  analytics.on('error', error => failed.push(error.ctx.event.messageId))
  await analytics
}

// Each call, in order: pairs of a method and what it is given. Resolves once each was tried.
window.make = async calls => {
  for (const [method, given] of calls) {
    const context = await METHODS[method](given)
    ids.push(context.event.messageId)
  }
  return ids
}

// Over and over, until window.end().
window.makeAgain = async calls => {
  while (going) {
    pending.push(window.make(calls))
    await new Promise(done => setTimeout(done, 50))
  }
}

// Make no further calls; resolves once each that was made was tried.
window.end = async () => {
  going = false
  await Promise.all(pending)
}

window.outcome = () => ({ ids, failed })

// userId is who the page says that the user is, once identify has said so
const METHODS = {
  identify: given => analytics.identify(given.userId, given.traits),
  group: given => analytics.group(given.groupId, given.traits),
  track: given => analytics.track(given.event, given.properties),
  page: given => analytics.page(given.name, given.properties),
  screen: given => analytics.screen(given.name, given.properties),
  alias: given => analytics.alias(given.userId, given.previousId),
}
