package fdconn

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
)

type message struct {
	Text  string
	Files int
}

func pair(t *testing.T) (a, b *Conn) {
	t.Helper()
	a, f, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	b, err = New(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// Messages that are larger than a socket's buffer arrive whole, with their own
// files, however many send at a time.
func TestSend(t *testing.T) {
	a, b := pair(t)
	const n = 20
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			r, w, err := os.Pipe()
			if err != nil {
				t.Error(err)
				return
			}
			text := strings.Repeat("x", i*20_000)
			io.WriteString(w, string(rune('a'+i)))
			w.Close()
			if err := a.Send(message{Text: string(rune('a'+i)) + text, Files: 1}, r); err != nil {
				t.Error(err)
			}
			r.Close()
		})
	}
	for range n {
		var m message
		if err := b.Receive(&m); err != nil {
			t.Fatal(err)
		}
		files, err := b.Files(m.Files)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(files[0])
		if err != nil || !bytes.Equal(text, []byte(m.Text[:1])) {
			t.Errorf("file of %q holds %q, %v", m.Text[:1], text, err)
		}
		if want := int(m.Text[0]-'a')*20_000 + 1; len(m.Text) != want {
			t.Errorf("%d bytes, want %d", len(m.Text), want)
		}
		files[0].Close()
	}
	wg.Wait()
}

func TestClose(t *testing.T) {
	a, b := pair(t)
	if _, err := b.Files(1); err == nil {
		t.Error("a file came that nobody sent")
	}
	if err := a.Send(message{}, make([]*os.File, maxFiles+1)...); err == nil {
		t.Error("too many files: no error")
	}
	a.Close()
	var m message
	if err := b.Receive(&m); !errors.Is(err, io.EOF) {
		t.Errorf("Receive after the other side's Close: %v", err)
	}
	if err := a.Send(message{}); err == nil {
		t.Error("Send after Close: no error")
	}
}
