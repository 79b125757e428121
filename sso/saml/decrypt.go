package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/sso"
)

// encryption is an assertion that is encrypted: by a key of its own, which is encrypted for one of ours.
type encryption struct {
	*Expectation
	authentic bool // the response around it is signed
	data, key *etree.Element
	block     block
	transport rsa.OAEPOptions
}

// block is an algorithm for data.
type block struct {
	size int  // bytes of the key
	gcm  bool // detects changes
}

// blocks are the algorithms for data that are read. Triple DES is none of them.
var blocks = map[string]block{
	nsEnc11 + "aes128-gcm": {16, true},
	nsEnc11 + "aes192-gcm": {24, true},
	nsEnc11 + "aes256-gcm": {32, true},
	nsEnc + "aes128-cbc":   {16, false},
	nsEnc + "aes192-cbc":   {24, false},
	nsEnc + "aes256-cbc":   {32, false},
}

// The algorithms for keys: the first has its mask made with SHA-1 in any case (XML Encryption §5.5.2). RSA 1.5 is not read.
const (
	oaepMGF1P = nsEnc + "rsa-oaep-mgf1p"
	oaep      = nsEnc11 + "rsa-oaep"
)

// hashes are those of OAEP, for which SHA-1 is as good as any.
var hashes = map[string]crypto.Hash{
	"": crypto.SHA1, digestSHA1: crypto.SHA1, digestSHA256: crypto.SHA256, digestSHA384: crypto.SHA384, digestSHA512: crypto.SHA512,
}

var masks = map[string]crypto.Hash{
	"": crypto.SHA1, nsEnc11 + "mgf1sha1": crypto.SHA1, nsEnc11 + "mgf1sha256": crypto.SHA256,
	nsEnc11 + "mgf1sha384": crypto.SHA384, nsEnc11 + "mgf1sha512": crypto.SHA512,
}

var encryptionChecks = []check[*encryption]{
	{CodeEncryption, (*encryption).refuseAlgorithm},
	{CodeMalleable, (*encryption).refuseMalleable},
}

// decrypt returns the text of an encrypted assertion. All that fails fails alike: who sends changed texts learns nothing
// from the answers.
func (e *Expectation) decrypt(encrypted *etree.Element, authentic bool) ([]byte, error) {
	c := &encryption{Expectation: e, authentic: authentic, data: only(encrypted, nsEnc, "EncryptedData")}
	keys := append(children(encrypted, nsEnc, "EncryptedKey"), children(only(c.data, nsSignature, "KeyInfo"), nsEnc, "EncryptedKey")...)
	if len(keys) != 1 {
		return nil, undecryptable(fmt.Errorf("there are %d encrypted keys, not one", len(keys)))
	}
	c.key = keys[0]
	method := only(c.key, nsEnc, "EncryptionMethod")
	c.block = blocks[algorithm(c.data)]
	c.transport.Hash = hashes[attribute(first(method, nsSignature, "DigestMethod"), "Algorithm")]
	c.transport.MGFHash = masks[attribute(first(method, nsEnc11, "MGF"), "Algorithm")]
	if err := run(e.off, encryptionChecks, c); err != nil {
		return nil, err
	}
	plain, err := c.open()
	if err != nil {
		return nil, undecryptable(err)
	}
	return plain, nil
}

func undecryptable(cause error) error { return &sso.Refused{Code: CodeUndecryptable, Cause: cause} }

func algorithm(e *etree.Element) string {
	return attribute(only(e, nsEnc, "EncryptionMethod"), "Algorithm")
}

// refuseAlgorithm takes AES-GCM, AES-CBC on the word of the connection alone, and RSA-OAEP with any of its hashes.
func (c *encryption) refuseAlgorithm() error {
	name, hash, mask := algorithm(c.key), c.transport.Hash, c.transport.MGFHash
	switch {
	case c.block.size == 0 || !c.block.gcm && !c.CBC:
		return fmt.Errorf("data is encrypted by %q", cut(algorithm(c.data)))
	case name != oaep && (name != oaepMGF1P || mask != crypto.SHA1), hash == 0, mask == 0:
		return fmt.Errorf("the key is encrypted by %q, with a hash or a mask that is not known", cut(name))
	case first(only(c.key, nsEnc, "EncryptionMethod"), nsEnc, "OAEPparams") != nil:
		return errors.New("the key is encrypted with a label")
	}
	return nil
}

// refuseMalleable refuses to decrypt what anybody can change so that the answer tells something of the content.
func (c *encryption) refuseMalleable() error {
	if !c.block.gcm && !c.authentic {
		return errors.New("it is encrypted by AES-CBC, and the response around it is not signed")
	}
	return nil
}

// open tries each of our keys, of which there are two while they change.
func (c *encryption) open() ([]byte, error) {
	sealedKey, err := cipherValue(c.key)
	if err != nil {
		return nil, err
	}
	sealed, err := cipherValue(c.data)
	if err != nil {
		return nil, err
	}
	for _, own := range c.Keys {
		key, err := own.Decrypt(nil, sealedKey, &c.transport)
		if err == nil && len(key) == c.block.size {
			return c.block.open(key, sealed)
		}
	}
	return nil, fmt.Errorf("it is for none of our %d keys", len(c.Keys))
}

func cipherValue(e *etree.Element) ([]byte, error) {
	return sso.DecodeBase64(text(only(only(e, nsEnc, "CipherData"), nsEnc, "CipherValue")))
}

var errDamaged = errors.New("it is damaged")

func (b block) open(key, sealed []byte) ([]byte, error) {
	raw, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if !b.gcm {
		return openCBC(raw, sealed)
	}
	gcm, err := cipher.NewGCM(raw)
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize()+gcm.Overhead() {
		return nil, errDamaged
	}
	return gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil)
}

// openCBC takes the padding off as well, of which the last byte alone says something (XML Encryption §5.2).
func openCBC(raw cipher.Block, sealed []byte) ([]byte, error) {
	size := raw.BlockSize()
	if len(sealed) < 2*size || len(sealed)%size != 0 {
		return nil, errDamaged
	}
	plain := make([]byte, len(sealed)-size)
	cipher.NewCBCDecrypter(raw, sealed[:size]).CryptBlocks(plain, sealed[size:])
	padding := int(plain[len(plain)-1])
	if padding < 1 || padding > size {
		return nil, errDamaged
	}
	return plain[:len(plain)-padding], nil
}
