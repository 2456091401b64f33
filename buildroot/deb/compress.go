package deb

import (
	"archive/tar"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/buildroot/xz"
)

// What a member may make us keep in memory: dpkg-deb's highest levels need no
// more (zstd's largest window without --ultra is 8 MiB, with it 128 MiB; package
// xz has a limit of its own).
const zstdWindow = 128 << 20

// decompress returns the tar archive in the member called base plus a
// compression's suffix, as deb(5) lists them.
func decompress(r io.Reader, name, base string) (io.ReadCloser, error) {
	suffix := strings.TrimPrefix(name, base)
	switch suffix {
	case "":
		return io.NopCloser(r), nil
	case ".gz":
		z, err := gzip.NewReader(r)
		return z, marked(err)
	case ".xz":
		return xz.NewReader(r), nil
	case ".zst":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, marked(err)
		}
		return z.IOReadCloser(), nil
	case ".bz2":
		return io.NopCloser(bzip2.NewReader(r)), nil
	case ".lzma":
		return nil, fmt.Errorf("member %s has a compression that dpkg gave up in 2013: build the package again with a newer dpkg-deb", name)
	}
	return nil, fmt.Errorf("member %.16q is neither control.tar nor data.tar in a known compression: fetch the package again", name)
}

// The size of what is read ahead: enough that neither side waits for the other
// often, and small beside the decompressors' own tables.
const (
	aheadBlock  = 256 << 10
	aheadBlocks = 8
)

// An ahead reads from another reader in a goroutine of its own, so that
// decompressing goes on while the bytes are hashed and written.
type ahead struct {
	full  chan block
	empty chan []byte
	now   block
	rest  []byte
	stop  context.CancelFunc
	done  chan struct{}
}

type block struct {
	data []byte // of an empty's memory
	err  error
}

// readAhead starts to read r. Close must be called, and r may be used again
// only after it.
func readAhead(ctx context.Context, r io.Reader) *ahead {
	ctx, stop := context.WithCancel(ctx)
	a := &ahead{full: make(chan block, aheadBlocks), empty: make(chan []byte, aheadBlocks), stop: stop, done: make(chan struct{})}
	for range aheadBlocks {
		a.empty <- nil // allocated when it is first needed: most packages are small
	}
	go a.run(ctx, r)
	return a
}

func (a *ahead) run(ctx context.Context, r io.Reader) {
	defer close(a.done)
	defer close(a.full)
	for {
		var buf []byte
		select {
		case buf = <-a.empty:
		case <-ctx.Done():
			return
		}
		if buf == nil {
			buf = make([]byte, aheadBlock)
		}
		n, err := io.ReadFull(r, buf[:aheadBlock])
		if err == io.ErrUnexpectedEOF && n > 0 {
			err = nil // r itself says it again in the next round, if it was its own
		}
		select {
		case a.full <- block{buf[:n], err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Read hands out what has been read.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.empty <- a.now.data
		}
		next, ok := <-a.full
		if !ok {
			return 0, context.Canceled
		}
		a.now, a.rest = next, next.data
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Close ends the goroutine and waits for it.
func (a *ahead) Close() error {
	a.stop()
	<-a.done
	return nil
}

// A source marks the errors of reading, which are the package's fault, among
// those of writing.
type source struct{ r io.Reader }

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	return n, marked(err)
}

// marked is err as a damage, but for none and an end.
func marked(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &damage{err}
}

// damage is an error that means that bytes are not as they were made.
type damage struct{ err error }

func (e *damage) Error() string { return e.err.Error() }
func (e *damage) Unwrap() error { return e.err }

// damaged says of an error what to do about it, if the package's bytes are the
// cause and it does not say so itself.
func damaged(err error) error {
	var read *damage
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errTruncated
	case errors.Is(err, errTruncated), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &read), errors.Is(err, tar.ErrHeader), errors.Is(err, tar.ErrFieldTooLong):
		return fmt.Errorf("%w: it is damaged: fetch the package again", err)
	}
	return err
}
