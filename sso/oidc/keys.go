package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeys      = 100              // of a key set; large providers have a dozen
	keysFor      = time.Hour        // after which a key that was withdrawn is no longer good
	keysInNeed   = 24 * time.Hour   // while the issuer cannot be reached
	keysPause    = 30 * time.Second // between two fetches: anybody can send a token with an unknown key id
	failurePause = 5 * time.Second  // after a fetch that failed
	minRSABits   = 2048
	maxRSABits   = 8192 // as in TLS: a longer one keeps a processor busy
)

var (
	errUnknownKey  = errors.New("no key of the issuer has signed it")
	errTooManyKeys = fmt.Errorf("the issuer has more than %d keys", maxKeys)
)

// keySet is an issuer's public keys (RFC 7517). Unlike the library's it forgets keys that the issuer has withdrawn,
// bounds how many there are, and does not let strangers cause a fetch at will.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time

	fetching sync.Mutex // held by the one who fetches
	mu       sync.Mutex // of what follows
	keys     []jose.JSONWebKey
	fetched  time.Time // when the keys came
	next     time.Time // before which they are not asked for again
	failure  error     // of the last fetch
}

// VerifySignature implements the library's KeySet. The algorithm has been checked.
func (s *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, asymmetric)
	if err != nil {
		return nil, err
	}
	keys, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	if payload, ok := verifyBy(keys, signed); ok {
		return payload, nil
	}
	if keys, err = s.refetch(ctx); err != nil {
		return nil, err
	}
	if payload, ok := verifyBy(keys, signed); ok {
		return payload, nil
	}
	return nil, errUnknownKey
}

// verifyBy tries the keys that the token may mean.
func verifyBy(keys []jose.JSONWebKey, signed *jose.JSONWebSignature) ([]byte, bool) {
	header := signed.Signatures[0].Protected
	for i := range keys {
		if !means(header, &keys[i]) {
			continue
		}
		if payload, err := signed.Verify(&keys[i]); err == nil {
			return payload, true
		}
	}
	return nil, false
}

func means(header jose.Header, key *jose.JSONWebKey) bool {
	return (header.KeyID == "" || header.KeyID == key.KeyID) && (key.Algorithm == "" || key.Algorithm == header.Algorithm)
}

// current returns keys that are fresh enough, or old ones where the issuer cannot be reached.
func (s *keySet) current(ctx context.Context) ([]jose.JSONWebKey, error) {
	keys, age := s.cached()
	if len(keys) > 0 && age < keysFor {
		return keys, nil
	}
	fresh, err := s.refetch(ctx)
	if err != nil && len(keys) > 0 && age < keysInNeed {
		return keys, nil
	}
	return fresh, err
}

func (s *keySet) cached() ([]jose.JSONWebKey, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys, s.now().Sub(s.fetched)
}

// refetch asks the issuer, unless somebody has just done so. Who gives up waiting does not stop the fetch for others.
func (s *keySet) refetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	s.fetching.Lock()
	defer s.fetching.Unlock()
	if s.paused() {
		return s.result()
	}
	keys, err := s.fetch(context.WithoutCancel(ctx))
	s.keep(keys, err)
	return s.result()
}

// paused tells whether the issuer was asked so recently that it is not asked again.
func (s *keySet) paused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now().Before(s.next)
}

func (s *keySet) result() ([]jose.JSONWebKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys, s.failure
}

func (s *keySet) keep(keys []jose.JSONWebKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if err != nil {
		s.failure, s.next = &unreachableError{err}, now.Add(failurePause)
		return
	}
	s.keys, s.fetched, s.failure, s.next = keys, now, nil, now.Add(keysPause)
}

func (s *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	body, err := get(ctx, s.client, s.url, "")
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the issuer's keys cannot be read: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, errTooManyKeys
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil && signs(&key) { // what is of no use here is passed over (RFC 7517 §5)
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the issuer has no key that could sign")
	}
	return keys, nil
}

// signs tells whether it is the public half of a key that can sign tokens, and no toy.
func signs(key *jose.JSONWebKey) bool {
	if key.Use != "" && key.Use != "sig" || !key.Valid() {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return public.N.BitLen() >= minRSABits && public.N.BitLen() <= maxRSABits
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false // a secret, or a private key
}

// get fetches a JSON text. The client bounds it.
func get(ctx context.Context, client *http.Client, address, bearer string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %d, not 200", address, res.StatusCode)
	}
	return io.ReadAll(res.Body)
}
