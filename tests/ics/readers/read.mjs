// Read a calendar from standard input with ical.js and print every occurrence as JSON.
// Only the VTIMEZONEs of the file itself are known, as in programs that use the library as it is.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const most = 200;
ICAL.TimezoneService.reset();
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const events = calendar.getAllSubcomponents("vevent");
const found = [];

function text(item) {
  return {
    uid: item.uid,
    summary: item.summary,
    description: item.description,
    location: item.location,
    status: item.component.getFirstPropertyValue("status"),
  };
}

function when(start, end) {
  const days = start.isDate;
  const write = (time) => (days ? time.toString() : time.toJSDate().toISOString());
  return { start: write(start), end: end ? write(end) : null, days };
}

for (const component of events) {
  if (component.hasProperty("recurrence-id")) continue;
  const uid = component.getFirstPropertyValue("uid");
  const exceptions = events.filter(
    (other) => other.hasProperty("recurrence-id") && other.getFirstPropertyValue("uid") === uid,
  );
  const event = new ICAL.Event(component, { exceptions });
  if (!event.isRecurring()) {
    found.push({ ...text(event), ...when(event.startDate, event.endDate) });
    continue;
  }
  const iterator = event.iterator();
  for (let next = iterator.next(), n = 0; next && n < most; next = iterator.next(), n += 1) {
    const details = event.getOccurrenceDetails(next);
    found.push({ ...text(details.item), ...when(details.startDate, details.endDate) });
  }
}
process.stdout.write(JSON.stringify(found));
