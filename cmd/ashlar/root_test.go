package main

import (
	"fmt"
	"os"
	"testing"
)

// TestWriteRefused writes where not even root may.
func TestWriteRefused(t *testing.T) {
	e := newEnv()
	e.dir = "/sys"
	defer e.close()
	want := fmt.Sprintf("write ashlar.lock: uid %d may not write to the workspace's directory", os.Getuid())
	if err := e.writeFile("ashlar.lock", nil); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
