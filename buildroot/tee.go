package buildroot

import (
	"bytes"
	"errors"
	"os"
	"sync"

	"github.com/ashlar-build/ashlar/buildroot/secret"
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

	search *secret.Search // what no line may hold; nil: nothing
	leaked string         // the name of the secret that one had
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
	if t.search == nil { // else by line, once it was looked at
		if err := t.save(p); err != nil {
			return 0, err
		}
	}
	t.part = append(t.part, p...)
	for {
		line, rest, ok := bytes.Cut(t.part, []byte("\n"))
		if !ok && len(t.part) < 64<<10 {
			return len(p), nil
		}
		if err := t.said(string(line), ok); err != nil {
			return 0, err
		}
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

// said takes one line; ended says that it is whole.
func (t *tee) said(line string, ended bool) error {
	if name := t.search.Text(line); name != "" {
		t.leaked = name
		line = "[a line that held the secret " + name + "]"
	}
	if t.search != nil {
		whole := line
		if ended {
			whole += "\n"
		}
		if err := t.save([]byte(whole)); err != nil {
			return err
		}
	}
	if len(t.tail) == tailLines {
		t.tail = append(t.tail[:0], t.tail[1:]...)
	}
	t.tail = append(t.tail, line)
	t.line(line)
	return nil
}

// flush takes what stands behind the last line feed for a line.
func (t *tee) flush() error {
	if len(t.part) == 0 {
		return nil
	}
	line := string(t.part)
	t.part = nil
	return t.said(line, false)
}

// Flush writes what stands behind the last line feed.
func (t *tee) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.flush()
}

// Leaked returns the name of a secret that was said, or "". It was not written.
func (t *tee) Leaked() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.leaked
}

// Tail returns the last lines.
func (t *tee) Tail() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush() // the lines are told even if the disk is full
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
	return errors.Join(t.flush(), t.file.Close())
}
