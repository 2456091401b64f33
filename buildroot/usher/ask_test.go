package usher

import (
	"errors"
	"io"
	"os"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
)

// What the program itself answers, in words and in open files.
func TestAskAndConnect(t *testing.T) {
	server, other, err := fdconn.Pair()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(server, nil, Options{
			Tell: func(name string) ([]byte, error) { return []byte("told " + name), nil },
			Connect: func(name string) ([]*os.File, error) {
				if name != "pipe" {
					return nil, errors.New("no way to " + name)
				}
				r, w, err := os.Pipe()
				return []*os.File{r, w}, err
			},
		})
	}()
	conn, err := fdconn.New(other)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{conn: conn}
	if text, err := c.Ask("x"); string(text) != "told x" || err != nil {
		t.Errorf("ask: %q, %v", text, err)
	}
	if _, err := c.Connect("x"); err == nil || err.Error() != "no way to x" {
		t.Errorf("connect: %v", err)
	}
	files, err := c.Connect("pipe")
	if err != nil || len(files) != 2 {
		t.Fatalf("connect: %v, %v", files, err)
	}
	io.WriteString(files[1], "through")
	files[1].Close() // and this side's copy is closed by now: the end is seen
	if text, err := io.ReadAll(files[0]); string(text) != "through" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
	files[0].Close()
	c.Close()
	<-done
	server.Close()
}

// Without an answer there is none.
func TestNobodyAnswers(t *testing.T) {
	c, end := connect(t, nil)
	defer end()
	if _, err := c.Ask("x"); err == nil {
		t.Error("ask: no error")
	}
	if files, err := c.Connect("x"); err == nil || files != nil {
		t.Errorf("connect: %v, %v", files, err)
	}
}
