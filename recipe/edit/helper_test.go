package edit

import (
	"strings"
	"testing"
)

// replaceOnce replaces a text that must stand exactly once.
func replaceOnce(t *testing.T, s, old, with string) string {
	t.Helper()
	if n := strings.Count(s, old); n != 1 {
		t.Fatalf("%q stands %d times in the sample", old, n)
	}
	return strings.Replace(s, old, with, 1)
}
