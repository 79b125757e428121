package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
)

// The names in a data folder.
const (
	databaseName  = "usher.db"
	publicURLName = "public-url"
)

func (a *app) database() string { return filepath.Join(a.Data, databaseName) }

// folder is an open data folder, or a database elsewhere.
type folder struct {
	*directory.Directory
	store     openStore
	key       directory.Key
	publicURL string
	guessed   bool // nobody has said what the public URL is, nor served the database
}

// openFolder opens the data folder, and makes it first when create is set.
func (a *app) openFolder(create bool) (*folder, error) {
	if err := a.checkPublicFlag(); err != nil {
		return nil, err // before anything is made
	}
	key, err := a.prepare(create)
	if err != nil {
		return nil, err
	}
	if _, err := a.knownPublicURL(); err != nil {
		return nil, err
	}
	store, err := a.openStore()
	if err != nil {
		return nil, err
	}
	cfg := directory.Config{Store: store, Key: key, Log: a.log, Now: a.now, Expressions: compileExpression, Span: a.span, Retention: a.retention}
	if a.client != nil {
		cfg.AddressedHook = delivery.HTTPHook(a.client, a.now)
	}
	dir, err := directory.New(cfg)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if err := dir.CheckKey(a.ctx); err != nil {
		return nil, errors.Join(hint(err, "%s", a.otherKey()), store.Close())
	}
	f := &folder{Directory: dir, store: store, key: key}
	if err := f.findPublicURL(a); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return f, nil
}

// findPublicURL looks for the URL that base URLs are made from.
func (f *folder) findPublicURL(a *app) error {
	recorded, err := a.recordedPublicURL(f.Directory)
	if err != nil {
		return err
	}
	f.guessed = a.Database != "" && a.PublicURL == "" && recorded == ""
	f.publicURL, err = a.parsePublicURL(recorded)
	return err
}

// shownBaseURL is the base URL of a connection for people. What is pasted into an identity provider must not be wrong.
func (f *folder) shownBaseURL(connection string) string {
	base := usher.BaseURL(f.publicURL, connection)
	if f.guessed {
		base += "  (a guess: give --public-url)"
	}
	return base
}

// prepare makes sure of what lies on this machine: the data folder, which a database elsewhere does without, and the key.
func (a *app) prepare(create bool) (directory.Key, error) {
	if a.Database != "" {
		if err := a.checkDatabaseURL(); err != nil {
			return directory.Key{}, err
		}
		return a.sharedKey()
	}
	if err := a.ensureFolder(create); err != nil {
		return directory.Key{}, err
	}
	return a.ensureKey()
}

func (f *folder) close() error { return f.store.Close() }

// ensureFolder makes the data folder, or says why there is none.
func (a *app) ensureFolder(create bool) error {
	if err := a.checkData(); err != nil {
		return err
	}
	if err := a.checkPutAside(); err != nil {
		return err
	}
	if create {
		return a.makeFolder()
	}
	if _, err := os.Stat(a.database()); errors.Is(err, fs.ErrNotExist) {
		return hint(fmt.Errorf("there is no data folder at %s", a.Data),
			"make the first workspace with: usher workspace create KEY --data %s; or name another folder with --data or USHER_DATA", a.Data)
	}
	return nil
}

// checkData refuses what can be no folder.
func (a *app) checkData() error {
	if a.Data == "" {
		return misuse(errors.New("--data or USHER_DATA is empty"), "name a data folder, or give neither for usher-data")
	}
	if info, err := os.Stat(a.Data); err == nil && !info.IsDir() {
		return hint(fmt.Errorf("%s is a file, not a data folder", a.Data), "name a folder with --data or USHER_DATA; it is made at first use")
	}
	return nil
}

// makeFolder makes the data folder. One that is there keeps its permissions: doctor tells about them.
func (a *app) makeFolder() error {
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(a.Data)), 0o755); err != nil {
		return err
	}
	err := os.Mkdir(a.Data, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// checkPutAside refuses a folder whose database a restore has put aside and has not replaced: a new one would pass for it.
func (a *app) checkPutAside() error {
	aside := a.database() + replaced
	if exists(a.database()) || !exists(aside) {
		return nil
	}
	return hint(fmt.Errorf("there is no database in %s: a restore was cut off, unless one is under way, and the former one is %s", a.Data, aside),
		"mv %s %s, and what lies beside it as -wal likewise; then restore once more if you want to", aside, a.database())
}

// lockPatience is how long a process that was killed may take to be gone.
const lockPatience = time.Second

// lockFolder keeps other servers and restores out of the data folder, which is made first; commands come in. It lasts for as long
// as this process at most.
func (a *app) lockFolder() (unlock func(), err error) {
	if a.Database != "" {
		return func() {}, nil
	}
	if err := a.checkData(); err != nil {
		return nil, err
	}
	if err := a.makeFolder(); err != nil {
		return nil, err
	}
	folder, err := os.Open(a.Data)
	if err != nil {
		return nil, err
	}
	for began := time.Now(); !tryLock(folder); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > lockPatience {
			return nil, errors.Join(a.inUse(), folder.Close())
		}
	}
	return func() { _ = folder.Close() }, nil
}

func (a *app) inUse() error {
	return hint(fmt.Errorf("%s is in use", a.Data), "stop the server or the restore there first, or name another folder with --data; servers can share PostgreSQL: --database")
}

// with opens the data folder for one command. Folder commands run beside a server on the same folder.
func (a *app) with(create bool, do func(*folder) error) error {
	f, err := a.openFolder(create)
	if err != nil {
		return err
	}
	return errors.Join(do(f), f.close())
}

// knownPublicURL is the URL that base URLs are made from: the flag or its variable, else what serve last recorded in the
// data folder, else the default.
func (a *app) knownPublicURL() (string, error) {
	recorded, err := a.recordedPublicURL(nil)
	if err != nil {
		return "", err
	}
	return a.parsePublicURL(recorded)
}

// parsePublicURL is knownPublicURL where it is known what was recorded.
func (a *app) parsePublicURL(recorded string) (string, error) {
	public, err := usher.ParsePublicURL(cmp.Or(a.PublicURL, recorded, usher.DefaultPublicURL))
	if err != nil && a.PublicURL == "" {
		return "", hint(err, publicURLHint)
	} else if err != nil {
		return "", misuse(err, publicURLHint)
	}
	return public, nil
}

const publicURLHint = "set --public-url or USHER_PUBLIC_URL to the URL that identity providers reach, such as https://scim.example.com"

// checkPublicFlag refuses a flag that is no public URL.
func (a *app) checkPublicFlag() error {
	_, err := a.parsePublicURL("")
	return err
}

// recordedPublicURL is what serve last recorded: in the data folder, or in the database elsewhere that dir is of. nil: it
// is not open.
func (a *app) recordedPublicURL(dir *directory.Directory) (string, error) {
	if a.Database != "" {
		if dir == nil {
			return "", nil
		}
		return dir.PublicURL(a.ctx)
	}
	data, err := os.ReadFile(filepath.Join(a.Data, publicURLName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(data)), err
}

// recordPublicURL keeps the URL for the commands that print base URLs.
func (a *app) recordPublicURL(dir *directory.Directory, public string) error {
	if a.Database != "" {
		if err := dir.RecordPublicURL(a.ctx, public); err != nil {
			a.log.Warn("the public URL is not recorded: give it to commands that print base URLs", "error", err)
		}
		return nil
	}
	if old, err := a.recordedPublicURL(nil); err == nil && old == public {
		return nil
	}
	return writeWhole(filepath.Join(a.Data, publicURLName), public+"\n")
}

// writeWhole writes a small file so that a reader sees the old text or the new one, never a part.
func writeWhole(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// isLoopbackURL reports whether only this machine reaches the URL.
func isLoopbackURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && isLoopbackHost(u.Hostname())
}

func isLoopbackHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
