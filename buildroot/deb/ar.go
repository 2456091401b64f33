package deb

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// arMagic begins an ar archive, arEnd each of its headers (deb(5), ar(5)).
const (
	arMagic      = "!<arch>\n"
	arEnd        = "`\n"
	arHeaderSize = 60
)

var errTruncated = errors.New("the file ends too early: fetch the package again")

// An arReader reads the members of an ar archive one after another.
type arReader struct {
	r    io.Reader
	left int64 // of the present member
	odd  bool  // a byte of padding follows it
}

// newArReader reads the magic number.
func newArReader(r io.Reader) (*arReader, error) {
	var magic [len(arMagic)]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return nil, truncated(err)
	}
	if string(magic[:]) != arMagic {
		return nil, errors.New("this is no Debian package: it does not begin as an ar archive does")
	}
	return &arReader{r: r}, nil
}

// next goes to the next member and returns its name. After the last one it
// returns io.EOF.
func (a *arReader) next() (string, error) {
	if _, err := io.Copy(io.Discard, a); err != nil {
		return "", err
	}
	if a.odd {
		a.odd = false
		var pad [1]byte
		if _, err := io.ReadFull(a.r, pad[:]); err != nil && err != io.EOF {
			return "", truncated(err)
		}
	}
	var h [arHeaderSize]byte
	switch n, err := io.ReadFull(a.r, h[:]); {
	case n == 0 && err == io.EOF:
		return "", io.EOF
	case err != nil:
		return "", truncated(err)
	}
	name := strings.TrimSuffix(strings.TrimRight(string(h[:16]), " "), "/")
	size, err := strconv.ParseUint(strings.TrimRight(string(h[48:58]), " "), 10, 40)
	if err != nil || string(h[58:]) != arEnd {
		return "", fmt.Errorf("the ar header of member %.16q is damaged: fetch the package again", name)
	}
	a.left, a.odd = int64(size), size%2 == 1
	return name, nil
}

// Read reads the present member.
func (a *arReader) Read(p []byte) (int, error) {
	if a.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > a.left {
		p = p[:a.left]
	}
	n, err := a.r.Read(p)
	a.left -= int64(n)
	if err == io.EOF && a.left > 0 {
		err = errTruncated
	}
	if err == io.EOF && n > 0 {
		err = nil
	}
	return n, err
}

// truncated says of an early end what it means; other errors stay.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTruncated
	}
	return err
}
