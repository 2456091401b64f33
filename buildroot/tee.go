package buildroot

import (
	"bytes"
	"os"
	"sync"
)

// tailLines is how much of a log a failure shows.
const tailLines = 40

// maxLog is how large a log may become; what comes behind is dropped, and the
// log says so.
const maxLog = 256 << 20

// A tee writes what a command says to a file, gives each line to a listener and
// remembers the last ones. Both standard streams of a command write to it.
type tee struct {
	mu     sync.Mutex
	file   *os.File
	size   int64
	line   func(string)
	part   []byte
	tail   []string
	closed bool
}

func newTee(path string, line func(string)) (*tee, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &tee{file: f, line: line}, nil
}

func (t *tee) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.save(p); err != nil {
		return 0, err
	}
	t.part = append(t.part, p...)
	for {
		line, rest, ok := bytes.Cut(t.part, []byte("\n"))
		if !ok && len(t.part) < 64<<10 {
			return len(p), nil
		}
		t.said(string(line))
		t.part = rest
	}
}

func (t *tee) save(p []byte) error {
	if t.size > maxLog {
		return nil
	}
	if t.size += int64(len(p)); t.size > maxLog {
		p = []byte("\n[the log was cut here: it is larger than 256 MiB]\n")
	}
	_, err := t.file.Write(p)
	return err
}

func (t *tee) said(line string) {
	if len(t.tail) == tailLines {
		t.tail = append(t.tail[:0], t.tail[1:]...)
	}
	t.tail = append(t.tail, line)
	t.line(line)
}

// Tail returns the last lines.
func (t *tee) Tail() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.part) > 0 {
		t.said(string(t.part))
		t.part = nil
	}
	return append([]string(nil), t.tail...)
}

// Close closes the file. It may be called again.
func (t *tee) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	return t.file.Close()
}
