package layer

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
)

const (
	gzipBlock  = 1 << 20 // bytes that are compressed at once; changing it changes all layers
	gzipWindow = 32 << 10
	gzipLevel  = 6
)

// A gzipWriter compresses blocks of fixed size side by side, each with the end
// of the one before as its dictionary, and writes them in order: its bytes
// depend on nothing but its input (RFC 1952; time 0, system unknown).
type gzipWriter struct {
	w      io.Writer
	block  []byte // being filled
	dict   []byte // the end of the last block
	crc    uint32
	size   uint32
	queue  []chan *bytes.Buffer // blocks at work, in order
	idle   []*flate.Writer
	busy   map[chan *bytes.Buffer]*flate.Writer
	err    error
	header bool
}

func newGzip(w io.Writer) *gzipWriter {
	return &gzipWriter{w: w, busy: map[chan *bytes.Buffer]*flate.Writer{}}
}

func (g *gzipWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && g.err == nil {
		if g.block == nil {
			g.block = make([]byte, 0, gzipBlock)
		}
		part := p[:min(len(p), gzipBlock-len(g.block))]
		g.block = append(g.block, part...)
		p = p[len(part):]
		if len(g.block) == gzipBlock {
			g.start(false)
		}
	}
	if g.err != nil {
		return n - len(p), g.err
	}
	return n, nil
}

// start sends the block away to be compressed, and waits for an earlier one if
// there are enough at work.
func (g *gzipWriter) start(last bool) {
	if len(g.queue) >= max(2, runtime.GOMAXPROCS(0)) {
		g.finish()
	}
	block, dict := g.block, g.dict
	g.crc = crc32.Update(g.crc, crc32.IEEETable, block)
	g.size += uint32(len(block))
	g.block, g.dict = nil, block[max(0, len(block)-gzipWindow):]
	var z *flate.Writer
	if n := len(g.idle); n > 0 {
		z, g.idle = g.idle[n-1], g.idle[:n-1]
	} else {
		z, _ = flate.NewWriter(io.Discard, gzipLevel) // fails for an impossible level only
	}
	done := make(chan *bytes.Buffer, 1)
	g.queue = append(g.queue, done)
	g.busy[done] = z
	go func() { done <- deflate(z, block, dict, last) }()
}

// deflate compresses a block in memory, which cannot fail.
func deflate(z *flate.Writer, block, dict []byte, last bool) *bytes.Buffer {
	out := bytes.NewBuffer(make([]byte, 0, len(block)/2+64))
	z.ResetDict(out, dict)
	z.Write(block)
	if last {
		z.Close()
	} else {
		z.Flush()
	}
	return out
}

// finish waits for the first block at work and writes it.
func (g *gzipWriter) finish() {
	done := g.queue[0]
	g.queue = g.queue[1:]
	out := <-done
	g.idle = append(g.idle, g.busy[done])
	delete(g.busy, done)
	if !g.header {
		g.header = true
		g.put([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	}
	g.put(out.Bytes())
}

func (g *gzipWriter) put(p []byte) {
	if g.err == nil {
		_, g.err = g.w.Write(p)
	}
}

// Close writes what is left. When it returns, no block is at work any more. It
// does not close the writer below.
func (g *gzipWriter) Close() error {
	g.start(true)
	for len(g.queue) > 0 {
		g.finish()
	}
	tail := binary.LittleEndian.AppendUint32(nil, g.crc)
	g.put(binary.LittleEndian.AppendUint32(tail, g.size))
	return g.err
}
