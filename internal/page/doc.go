// Package page is the frame of the pages that people see.
package page
