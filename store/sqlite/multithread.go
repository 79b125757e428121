package sqlite

import (
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// MultiThread puts SQLite into its multi-thread mode, for the whole process: a connection has no lock of its own. The driver
// opens all in serialized mode, where each column of each row takes and leaves that lock, and yet forbids two goroutines
// to use one connection. A page of a hundred users takes a tenth less time without.
//
// Call it in main, before anything opens a database with this driver; later it is an error, and nothing has changed.
// A program that shares a connection between goroutines in spite of the driver must not call it.
func MultiThread() error {
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MUTEX, locks(tls)); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("sqlite: multi-thread mode: a database was opened before (%d)", rc)
	}
	if rc := sqlite3.Xsqlite3_initialize(tls); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("sqlite: multi-thread mode: %d", rc)
	}
	return nil
}

// locks is the table of SQLITE_CONFIG_MUTEX (https://sqlite.org/c3ref/mutex_methods.html) as an argument list. SQLite copies it.
func locks(tls *libc.TLS) uintptr {
	table := libc.Xcalloc(tls, 1, types.Size_t(unsafe.Sizeof(sqlite3.Tsqlite3_mutex_methods{})))
	**(**sqlite3.Tsqlite3_mutex_methods)(unsafe.Pointer(&table)) = sqlite3.Tsqlite3_mutex_methods{
		FxMutexInit:  address(func(*libc.TLS) int32 { return sqlite3.SQLITE_OK }),
		FxMutexEnd:   address(func(*libc.TLS) int32 { return sqlite3.SQLITE_OK }),
		FxMutexAlloc: address(allocLock),
		FxMutexFree:  address(freeLock),
		FxMutexEnter: address(enterLock),
		FxMutexTry:   address(tryLock),
		FxMutexLeave: address(leaveLock),
	}
	return libc.VaList(libc.Xcalloc(tls, 1, types.Size_t(unsafe.Sizeof(table))), table)
}

// address is what the driver's SQLite calls a function by.
func address[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&f))
}

// SQLite has some locks that are there once, by number, and others that it makes: fast ones for what connections share, and a
// recursive one for each connection, which is the one that is left out.
var (
	static     [sqlite3.SQLITE_MUTEX_STATIC_VFS3 + 1]sync.Mutex
	left       byte
	noLock     = uintptr(unsafe.Pointer(&left))
	sizeOfLock = types.Size_t(unsafe.Sizeof(sync.Mutex{}))
)

func allocLock(tls *libc.TLS, kind int32) uintptr {
	switch kind {
	case sqlite3.SQLITE_MUTEX_RECURSIVE:
		return noLock
	case sqlite3.SQLITE_MUTEX_FAST:
		return libc.Xcalloc(tls, 1, sizeOfLock)
	}
	return uintptr(unsafe.Pointer(&static[kind]))
}

func freeLock(tls *libc.TLS, at uintptr) {
	if at != noLock {
		libc.Xfree(tls, at)
	}
}

func enterLock(_ *libc.TLS, at uintptr) {
	if at != noLock {
		lockAt(at).Lock()
	}
}

func tryLock(_ *libc.TLS, at uintptr) int32 {
	if at == noLock || lockAt(at).TryLock() {
		return sqlite3.SQLITE_OK
	}
	return sqlite3.SQLITE_BUSY
}

func leaveLock(_ *libc.TLS, at uintptr) {
	if at != noLock {
		lockAt(at).Unlock()
	}
}

func lockAt(at uintptr) *sync.Mutex { return *(**sync.Mutex)(unsafe.Pointer(&at)) }
