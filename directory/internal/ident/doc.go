// Package ident makes ids.
//
// It owns: their alphabet and their forms. It refuses: to know whose they are.
package ident
