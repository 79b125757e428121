// Package plain is the oracle of the domain's property test: what must become of memberships, told a second time, as
// plainly as possible and with none of the domain's code.
//
// It owns: a few maps and the rules in the words of the product. It refuses: storage, speed, errors. Only tests import
// it.
package plain
