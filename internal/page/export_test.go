package page

// Hashed is for tests.
var Hashed = hashed
