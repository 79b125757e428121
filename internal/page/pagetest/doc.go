// Package pagetest holds pages to what they have shown before, and to what no value that stands in them may do.
//
// It owns: the outline of a page, which is what a browser makes of its text; golden files of outlines; and the check of a
// page whose values somebody hostile has chosen.
//
// It refuses: to compare the texts of pages. White space that nobody sees is the business of whatever writes them.
//
// Its neighbours: the tests of package page, and of the packages that have pages.
package pagetest
