package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestArchiveCompare is a sample of what this command compares: pretend archives,
// and each class of requests over trixie.
func TestArchiveCompare(t *testing.T) {
	if _, err := exec.LookPath("apt-get"); err != nil && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skip("no apt-get here")
	}
	for _, o := range []options{
		{seed: 7, pretend: 60, jobs: 2},
		{seed: 7, pretend: 20, jobs: 2, recommends: true},
		{seed: 7, pretend: 40, jobs: 2, foreign: true},
		{seed: 1, n: 1, jobs: 2, suites: "trixie+updates+security", mirror: "http://deb.debian.org"},
	} {
		var out bytes.Buffer
		o.dir = t.TempDir()
		same, err := run(t.Context(), o, &out)
		if err != nil || !same {
			t.Errorf("%+v: %v\n%s", o, err, out.String())
		}
	}
}
