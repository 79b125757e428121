// Package breaker bounds calls of what others run and may be slow or down: their time, how many run at once, and that
// nobody calls for a while after too many failures in a row. So it costs its own callers a clear answer, and others
// nothing.
//
// It owns: the bounds and their state in memory. It refuses: to know what is called, and to try anything twice.
package breaker
