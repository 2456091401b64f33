package deb

import (
	"compress/bzip2"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// What a member may make us keep in memory: dpkg-deb's highest levels need no
// more (xz -9 has 64 MiB; zstd's largest window without --ultra 8 MiB, with it
// 128 MiB).
const (
	xzDictionary = 64 << 20
	zstdWindow   = 128 << 20
)

// decompress returns the tar archive in the member called base plus a
// compression's suffix, as deb(5) lists them.
func decompress(r io.Reader, name, base string) (io.ReadCloser, error) {
	suffix := strings.TrimPrefix(name, base)
	switch suffix {
	case "":
		return io.NopCloser(r), nil
	case ".gz":
		return gzip.NewReader(r)
	case ".xz":
		x, err := xz.NewReader(r, xzDictionary)
		return io.NopCloser(x), err
	case ".zst":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
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
