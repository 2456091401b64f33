package store

import (
	"errors"
	"reflect"
	"sync"
	"testing"
)

// What is decoded is a result, and comes back equal from its own encoding.
func FuzzDecodeResult(f *testing.F) {
	f.Add(Result{Trees: map[string]string{"x": "aa"}, Notes: []string{"n\n"}, Took: 5}.encode())
	f.Add([]byte(resultFormat + "\ntook 0\nend\n"))
	f.Add([]byte(resultFormat + "\nend\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeResult(data)
		if err != nil {
			return
		}
		again, err := decodeResult(r.encode())
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("%+v\n%+v, %v", r, again, err)
		}
	})
}

// Who comes while a batch is under way shares the next one.
func TestCommitterBatches(t *testing.T) {
	var c committer
	broken := errors.New("broken")
	under, goOn := make(chan int), make(chan bool)
	publish := func(batch []*pending) {
		under <- len(batch)
		<-goOn
		for _, p := range batch {
			if p.name == "bad" {
				p.err = broken
			}
		}
	}
	var wg sync.WaitGroup
	commit := func(name string, want error) {
		wg.Go(func() {
			if err := c.commit(&pending{name: name}, publish); !errors.Is(err, want) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	commit("first", nil)
	if n := <-under; n != 1 {
		t.Errorf("first batch of %d", n)
	}
	for range 9 {
		commit("good", nil)
	}
	commit("bad", broken)
	for waiting := 0; waiting < 10; {
		c.mu.Lock()
		waiting = len(c.waiting)
		c.mu.Unlock()
	}
	goOn <- true
	if n := <-under; n != 10 {
		t.Errorf("second batch of %d", n)
	}
	goOn <- true
	wg.Wait()
	if c.busy || len(c.waiting) > 0 {
		t.Error("somebody still leads")
	}
}
