package recipe

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// url reads the address of a page or a file.
func (r *reader) url(n *node) string { return r.urlLike(n, "https://host/path") }

// urlLike is url, which shows an example to who writes none.
func (r *reader) urlLike(n *node, example string) string {
	s := r.word(n)
	if s == "" || r.off > 0 && strings.Contains(r.raw(n), "${") {
		return s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || strings.ContainsAny(s, " \t"):
		r.badValue(n, fmt.Sprintf("write %q", example), "%q is not a URL", s)
	case u.Scheme != "https" && u.Scheme != "http":
		r.badValue(n, "write https:// or http://", "URLs of the kind %q are not fetched", u.Scheme)
	case u.User != nil:
		r.badValue(n, "put them into ~/.netrc, as machine "+u.Hostname()+" login NAME password WORD: a recipe keeps no password", "the URL holds a user or a password")
	default:
		return s
	}
	return ""
}

// licence reads an SPDX licence expression (SPDX 2.3, annex D): names joined by
// AND, OR and WITH, with brackets. Names are not looked up.
func (r *reader) licence(n *node) string {
	s := r.word(n)
	if s == "" {
		return ""
	}
	depth, wantName, good := 0, true, true
	for w := range strings.FieldsSeq(strings.ReplaceAll(strings.ReplaceAll(s, "(", " ( "), ")", " ) ")) {
		switch {
		case w == "(" && wantName:
			depth++
		case w == ")" && !wantName && depth > 0:
			depth--
		case (w == "AND" || w == "OR" || w == "WITH") && !wantName:
			wantName = true
		case wantName && isLicence(w):
			wantName = false
		default:
			good = false
		}
	}
	if !good || wantName || depth != 0 {
		r.badValue(n, licenceHint(s), "%q is not an SPDX licence expression", s)
		return ""
	}
	if hint := licenceHint(s); hint != licenceUsage {
		r.badValue(n, hint, "%q is not SPDX's name of a licence", s)
		return ""
	}
	return s
}

const licenceUsage = `write SPDX names, such as "MIT" or "Apache-2.0 OR GPL-2.0-or-later"`

// licenceHint returns SPDX's name for what people often write.
func licenceHint(s string) string {
	squeezed := strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" -_", r) }), ""))
	for pair := range strings.FieldsSeq("gplv2=GPL-2.0-only gplv2+=GPL-2.0-or-later gpl2=GPL-2.0-only gpl2+=GPL-2.0-or-later gplv3=GPL-3.0-only gplv3+=GPL-3.0-or-later gpl3=GPL-3.0-only lgplv2.1=LGPL-2.1-only lgplv3=LGPL-3.0-only agplv3=AGPL-3.0-only gpl=GPL-2.0-or-later apache2=Apache-2.0 apache=Apache-2.0 bsd=BSD-3-Clause bsd2=BSD-2-Clause bsd3=BSD-3-Clause expat=MIT apachelicense2.0=Apache-2.0 mplv2=MPL-2.0 mpl2=MPL-2.0") {
		if from, to, _ := strings.Cut(pair, "="); from == squeezed {
			return `SPDX calls it "` + to + `"`
		}
	}
	if squeezed == "apache2.0" && s != "Apache-2.0" {
		return `SPDX calls it "Apache-2.0"`
	}
	return licenceUsage
}

// isLicence reports whether a licence can be called so.
func isLicence(s string) bool {
	for _, c := range []byte(strings.TrimSuffix(s, "+")) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == ':') {
			return false
		}
	}
	return s != "" && s != "+" && s != "AND" && s != "OR" && s != "WITH"
}

// duration reads "30s", "1m30s".
func (r *reader) duration(n *node, missing time.Duration) time.Duration {
	if n != nil && n.kind == integerKind {
		r.badValue(n, `write "`+r.text(n)+`s"`, "%s has no unit", n.key)
		return missing
	}
	s := r.word(n)
	if s == "" {
		return missing
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		r.badValue(n, `write "30s" or "1m30s"`, "%s %q is not a time span", n.key, s)
		return missing
	}
	return d
}

// size reads bytes: a number, or one with K, M or G behind it.
func (r *reader) size(n *node) int64 {
	if n == nil || n.kind == integerKind {
		return r.integer(n, 0, 4096, 1<<50)
	}
	s := r.word(n)
	if s == "" {
		return 0
	}
	shift := 10 * (1 + strings.IndexByte("KMG", s[len(s)-1]))
	digits := s
	if shift > 0 {
		digits = s[:len(s)-1]
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || v < 1 || v > 1<<50>>shift || v<<shift < 4096 {
		r.badValue(n, `write "64M" or "1G", or the number of bytes`, "size %q is not a number of bytes", s)
		return 0
	}
	return v << shift
}

// Size writes a number of bytes as a recipe has it: "2G".
func Size(n int64) string {
	for i, unit := range "GMK" {
		if size := int64(1) << (10 * (3 - i)); n > 0 && n%size == 0 {
			return strconv.FormatInt(n/size, 10) + string(unit)
		}
	}
	return strconv.FormatInt(n, 10)
}

// signal reads the name of a signal.
func (r *reader) signal(n *node) string {
	s := r.word(n)
	switch {
	case s == "":
		return "SIGTERM"
	case hasWord(signals, s):
		return s
	case hasWord(signals, "SIG"+strings.ToUpper(s)):
		r.badValue(n, `write "SIG`+strings.ToUpper(s)+`"`, "unknown signal %q", s)
	default:
		r.badValue(n, nearHint(s, strings.Fields(signals)), "unknown signal %q", s)
	}
	return "SIGTERM"
}

// signals are those that a program can be asked to end with; SIGRTMIN+3 is
// systemd's.
const signals = "SIGTERM SIGINT SIGQUIT SIGHUP SIGUSR1 SIGUSR2 SIGWINCH SIGKILL SIGABRT SIGALRM SIGCONT SIGPWR SIGRTMIN+3"

// hexDigest reads a digest of so many hexadecimal digits.
func (r *reader) hexDigest(n *node, digits int) string {
	s := r.word(n)
	if s == "" || r.off > 0 && strings.Contains(r.raw(n), "${") {
		return ""
	}
	plain := strings.TrimPrefix(s, n.key+":")
	switch {
	case len(plain) == digits && isHex(strings.ToLower(plain)) && plain != strings.ToLower(plain):
		r.badValue(n, "write it in lower case", "%s has capital letters", n.key)
	case len(plain) == digits && isHex(plain) && plain != s:
		r.badValue(n, "write the digits alone", "%s begins with its own name", n.key)
	case len(s) != digits || !isHex(s):
		r.badValue(n, "leave it out, and the lock has it", "%s has %d characters and not %d hexadecimal digits", n.key, len(s), digits)
	default:
		return s
	}
	return ""
}

// isHex reports whether s is hexadecimal digits in lower case.
func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdef") == ""
}
