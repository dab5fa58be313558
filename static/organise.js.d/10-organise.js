// What organisers' screens need besides app.js; each part stands in a file of its own.
