package directory

import "context"

// publicURLName names the URL among the secrets of the installation, which have the one table that is nobody's root's.
// It is no secret, and is sealed as they are.
const publicURLName = "public-url"

// PublicURL is the URL under which this installation was last served. Empty: none was recorded.
func (d *Directory) PublicURL(ctx context.Context) (string, error) {
	secret, err := d.store.Secret(ctx, "", publicURLName)
	if there, err := found(err); err != nil || !there {
		return "", err
	}
	plain, err := d.open(secret)
	return string(plain), err
}

// RecordPublicURL keeps the URL for those who ask for it. It writes nothing when that one is recorded already.
func (d *Directory) RecordPublicURL(ctx context.Context, public string) error {
	recorded, err := d.PublicURL(ctx)
	if err != nil || recorded == public {
		return err
	}
	return d.store.Commit(ctx, &Change{Secrets: []Secret{d.seal("", publicURLName, []byte(public))}})
}
