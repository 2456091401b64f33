package fetch

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// TestTogether holds that many files for one reason are told in one sentence, and that
// no other error is lost.
func TestTogether(t *testing.T) {
	missing := func(name string) error {
		return fmt.Errorf("unpack %s: %w", name, &Error{Name: name, Failures: []Failure{
			{"http://deb.example.com/pool/" + name, ErrOffline, remedyOffline},
			{"http://deb.example.com/pool/updates/" + name, ErrOffline, remedyOffline},
			{"https://snapshot.example.com/" + name, ErrOffline, remedyOffline},
		}})
	}
	gone := func(name string) error {
		return &Error{Name: name, Failures: []Failure{{"http://deb.example.com/pool/" + name, &StatusError{404}, remedyGone}}}
	}
	other := errors.New("image a: the entrypoint is missing")
	alone := func(name string) string {
		return "unpack " + name + ": fetch " + name + ": http://deb.example.com/pool/" + name + ", http://deb.example.com/pool/updates/" + name + ", https://snapshot.example.com/" + name + ": not in the store, and offline: run it once without --offline"
	}
	tests := []struct {
		name string
		errs []error
		want []string
	}{
		{"nothing", nil, nil},
		{"a few", []error{missing("a"), missing("b"), missing("c")}, []string{alone("a"), alone("b"), alone("c")}},
		{"many, among others", []error{gone("x"), missing("a"), other, missing("b"), missing("c"), missing("d")}, []string{
			gone("x").Error(),
			"fetch 4 files (a, b, c and 1 more): http://deb.example.com, https://snapshot.example.com: not in the store, and offline: run it once without --offline",
			other.Error(),
		}},
	}
	for _, tt := range tests {
		var got []string
		for _, err := range Together(tt.errs) {
			got = append(got, err.Error())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n%q\nwant\n%q", tt.name, got, tt.want)
		}
	}
}
