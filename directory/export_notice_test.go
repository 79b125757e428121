package directory

// TellExpiring is for tests: Run does it now and then.
var TellExpiring = (*Directory).tellExpiring
