// Package spelling tells how far apart two words are.
//
// It owns the distance alone. What is near enough to be meant is for who asks: the commands, for keys and names that nobody
// knows, and sheet, for the heads of columns.
package spelling
