package buildroot

import (
	"io"
	"os"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

// However steps come, go and lose tokens, makes find as many as there are jobs
// that no step has for itself.
func TestJobserver(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	j, err := newJobserver(s, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	maker, err := os.OpenFile(j.path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer maker.Close()
	take := func(n int) {
		t.Helper()
		if _, err := io.ReadFull(maker, make([]byte, n)); err != nil { // waits for as long as they are not there
			t.Fatal(err)
		}
	}
	enter := func() func() {
		t.Helper()
		leave, err := j.enter()
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	first := enter()
	take(2)
	first()
	take(1) // the step's own

	// All three are lost with their makes, and there again for the next step.
	second := enter()
	third := enter()
	take(1)
	second()
	take(1)
	third()
	take(1)

	// A step that finds none is done without.
	fourth := enter()
	take(2)
	fifth := enter()
	fifth()
	fourth()
	take(1)
}
