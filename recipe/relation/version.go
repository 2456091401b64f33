package relation

import (
	"cmp"
	"fmt"
	"strings"
)

// Compare compares two versions as Debian Policy 5.6.12 says: negative if a is
// older than b, zero if they are equal (`1.0` and `1.00` are), positive if a is
// newer. It gives any two texts an order; [CheckVersion] says what is wrong
// with one. Runs of digits may be of any length.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	aEpoch, aUpstream, aRevision := split(a)
	bEpoch, bUpstream, bRevision := split(b)
	if c := comparePart(aEpoch, bEpoch); c != 0 {
		return c
	}
	if c := comparePart(aUpstream, bUpstream); c != 0 {
		return c
	}
	return comparePart(aRevision, bRevision)
}

// split takes `epoch:upstream-revision` apart. A missing revision is the empty
// one, which compares equal to "0".
func split(v string) (epoch, upstream, revision string) {
	if i := strings.IndexByte(v, ':'); i >= 0 {
		epoch, v = v[:i], v[i+1:]
	}
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return epoch, v[:i], v[i+1:]
	}
	return epoch, v, ""
}

// comparePart compares by turns what is not digits and what is, until one
// differs.
func comparePart(a, b string) int {
	for a != "" || b != "" {
		i, j := 0, 0
		for i < len(a) && !isDigit(a[i]) || j < len(b) && !isDigit(b[j]) {
			if c := cmp.Compare(order(a, i), order(b, j)); c != 0 {
				return c
			}
			i, j = i+1, j+1
		}
		a, b = a[min(i, len(a)):], b[min(j, len(b)):]
		i, j = digits(a), digits(b)
		if c := compareNumber(a[:i], b[:j]); c != 0 {
			return c
		}
		a, b = a[i:], b[j:]
	}
	return 0
}

// order is the weight of the byte at i among those that are not digits: `~`
// before the end of the part, letters before everything else. A digit ends the
// run and weighs as much as the end.
func order(s string, i int) int {
	if i >= len(s) || isDigit(s[i]) {
		return 0
	}
	switch c := s[i]; {
	case c == '~':
		return -1
	case isLetter(c):
		return int(c)
	default:
		return int(c) + 256
	}
}

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// compareNumber compares two runs of digits by value.
func compareNumber(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(a, b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// CheckVersion says what Debian Policy 5.6.12 has against v. It is as strict as
// dpkg where dpkg refuses and lets pass what dpkg only warns of, such as an
// upstream version that does not begin with a digit.
func CheckVersion(v string) error {
	if v == "" {
		return fmt.Errorf("version is empty")
	}
	rest := v
	if epoch, after, ok := strings.Cut(v, ":"); ok {
		if epoch == "" || digits(epoch) != len(epoch) || compareNumber(epoch, "2147483647") > 0 {
			return fmt.Errorf("version %q: the epoch is not a number", v)
		}
		rest = after
	}
	upstream, revision := rest, ""
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		upstream, revision = rest[:i], rest[i+1:]
		if revision == "" {
			return fmt.Errorf("version %q: the revision is empty", v)
		}
	}
	if upstream == "" {
		return fmt.Errorf("version %q: nothing stands before the revision", v)
	}
	if i := strings.IndexFunc(upstream, func(r rune) bool { return !versionRune(r, "-:") }); i >= 0 {
		return fmt.Errorf("version %q: %q is not allowed in it", v, upstream[i:i+1])
	}
	if i := strings.IndexFunc(revision, func(r rune) bool { return !versionRune(r, "") }); i >= 0 {
		return fmt.Errorf("version %q: %q is not allowed in its revision", v, revision[i:i+1])
	}
	return nil
}

// versionRune reports whether r may stand in a version.
func versionRune(r rune, more string) bool {
	return r < 0x80 && (isDigit(byte(r)) || isLetter(byte(r))) || strings.ContainsRune("+.~"+more, r)
}
