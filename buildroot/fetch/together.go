package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// few is how many names a sentence has of many.
const few = 3

// Together returns errs, in which those of more than three files that were not had
// for the same reason, from the same hosts, are one: an [Error] that names the first.
// It stands where the first of them stood.
func Together(errs []error) []error {
	same := map[string][]*Error{}
	for _, err := range errs {
		var e *Error
		if errors.As(err, &e) {
			same[e.reason()] = append(same[e.reason()], e)
		}
	}
	var out []error
	for _, err := range errs {
		var e *Error
		if !errors.As(err, &e) || len(same[e.reason()]) <= few {
			out = append(out, err)
			continue
		}
		if all := same[e.reason()]; all[0] == e {
			out = append(out, together(all))
		}
	}
	return out
}

// reason is why a file was not had, whatever its name.
func (e *Error) reason() string {
	var b strings.Builder
	for _, f := range e.byHost() {
		fmt.Fprintf(&b, "%s: %v: %s\n", f.Place, f.Err, f.Remedy)
	}
	return b.String()
}

// byHost is what each host did, each thing once.
func (e *Error) byHost() []Failure {
	var hosts []Failure
	for _, f := range e.Failures {
		f.Place = origin(f.Place)
		if !slices.ContainsFunc(hosts, func(h Failure) bool { return h.Place == f.Place && h.Err.Error() == f.Err.Error() }) {
			hosts = append(hosts, f)
		}
	}
	return hosts
}

// together makes one error of several for the same reason.
func together(all []*Error) *Error {
	var names []string
	for _, e := range all[:few] {
		names = append(names, e.Name)
	}
	name := fmt.Sprintf("%d files (%s and %d more)", len(all), strings.Join(names, ", "), len(all)-few)
	return &Error{Name: name, Failures: all[0].byHost()}
}

// origin is the host of a place, or the place itself if it has none.
func origin(place string) string {
	if u, err := url.Parse(place); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	return place
}
