package deb_test

import (
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

// tempDir is a directory for trees, which may have directories that their owner
// cannot write to.
func tempDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		if err := rmtree.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
