package release

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// VerifyInline checks an InRelease file and returns the text that was signed.
// Nothing but white space may stand around it.
func VerifyInline(inRelease []byte, keys *Keys) ([]byte, error) {
	const begin = "-----BEGIN PGP SIGNED MESSAGE-----"
	if !bytes.HasPrefix(inRelease, []byte(begin)) {
		return nil, fmt.Errorf("it is not signed (it begins with %.30q): the mirror serves something else there, or the archive is not signed at all", inRelease)
	}
	block, rest := clearsign.Decode(inRelease)
	switch {
	case block == nil:
		return nil, errors.New("its signature is cut off or damaged: ask again, or use another mirror")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("something unsigned stands behind its signature: use another mirror")
	}
	text := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(block.Bytes)), nil }
	if err := verify(text, block.ArmoredSignature.Body, keys); err != nil {
		return nil, err
	}
	return block.Plaintext, nil
}

// VerifyDetached checks a text, such as a Release file, with the signatures of
// another one, such as Release.gpg, armoured or not.
func VerifyDetached(text, signature []byte, keys *Keys) error {
	return VerifyFile(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, signature, keys)
}

// VerifyFile is VerifyDetached for a file of any size. It is opened for each signature
// that may be the one, and closed; an error of reading it is that of VerifyFile.
func VerifyFile(open func() (io.ReadCloser, error), signature []byte, keys *Keys) error {
	var body io.Reader = bytes.NewReader(signature)
	if bytes.HasPrefix(bytes.TrimSpace(signature), []byte("-----BEGIN PGP")) {
		block, err := armor.Decode(body)
		if err != nil {
			return fmt.Errorf("the signature is not readable (%w): ask again, or use another mirror", err)
		}
		body = block.Body
	}
	return verify(open, body, keys)
}

// verify wants one good signature among those in body. Others may be of keys
// that we do not have: an archive that changes its key signs with both.
func verify(open func() (io.ReadCloser, error), body io.Reader, keys *Keys) error {
	var unknown []string
	var bad error
	packets := packet.NewReader(body)
	for {
		p, err := packets.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("its signature is cut off or damaged (%w): ask again, or use another mirror", err)
		}
		sig, ok := p.(*packet.Signature)
		if !ok {
			continue
		}
		err = verifyOne(open, sig, keys)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, pgperrors.ErrUnknownIssuer):
			unknown = append(unknown, issuer(sig))
		case bad == nil:
			bad = err
		}
	}
	switch {
	case bad != nil:
		return bad
	case len(unknown) > 0:
		return fmt.Errorf("it is signed by %s, which is none of the archive's keys: name the file with the archive's key in signed-by", strings.Join(unknown, " and "))
	}
	return errors.New("it bears no signature: use another mirror")
}

// strong reports whether a digest is good enough to sign.
func strong(h crypto.Hash) bool {
	return slices.Contains([]crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA3_256, crypto.SHA3_512}, h)
}

// verifyOne checks one signature. Keys count as they were when it was made: a
// Release file of two years ago does not become wrong because its key has
// expired since. A key that was revoked as compromised never counts.
func verifyOne(open func() (io.ReadCloser, error), sig *packet.Signature, keys *Keys) error {
	if sig.SigType != packet.SigTypeBinary && sig.SigType != packet.SigTypeText {
		return errors.New("it bears a signature of a kind that is not for files: use another mirror")
	}
	var one bytes.Buffer
	if err := sig.Serialize(&one); err != nil {
		return fmt.Errorf("its signature is not readable: %w", err)
	}
	text, err := open()
	if err != nil {
		return err
	}
	defer text.Close()
	read := &remembering{Reader: text}
	config := &packet.Config{Time: func() time.Time { return sig.CreationTime }}
	_, signer, err := openpgp.VerifyDetachedSignature(keys.ring, read, &one, config)
	switch {
	case read.err != nil:
		return read.err
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return err
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return fmt.Errorf("the key %s had expired when it signed: name the file with the archive's newer key in signed-by", issuer(sig))
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return fmt.Errorf("the key %s was revoked: name the file with the archive's newer key in signed-by", issuer(sig))
	case errors.Is(err, pgperrors.ErrSignatureExpired):
		return errors.New("its signature has expired: the mirror is behind, use another one")
	case err != nil:
		return fmt.Errorf("its signature by %s is wrong: the file was altered or cut off, use another mirror", issuer(sig))
	case !strong(sig.Hash):
		return fmt.Errorf("its signature by %s is over a %s digest, which can be forged: the archive must sign with SHA-256 or better", issuer(sig), sig.Hash)
	case signer == nil:
		return pgperrors.ErrUnknownIssuer
	}
	return nil
}

// remembering knows of its reader's failure, which is not the signature's.
type remembering struct {
	io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// issuer names the key of a signature.
func issuer(sig *packet.Signature) string {
	switch {
	case len(sig.IssuerFingerprint) > 0:
		return fmt.Sprintf("%X", sig.IssuerFingerprint)
	case sig.IssuerKeyId != nil:
		return fmt.Sprintf("%016X", *sig.IssuerKeyId)
	}
	return "an unnamed key"
}
