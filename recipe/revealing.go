package recipe

import (
	"regexp"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// tokens are texts that nothing but a secret looks like, by what each is. Who
// issues them gave them these forms so that they can be found.
var tokens = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----`)},
	{"an AWS access key", regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z2-7]{16}\b`)},
	{"a GitHub token", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b`)},
	{"a GitLab token", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"an npm token", regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}\b`)},
	{"a Slack token", regexp.MustCompile(`\bxox[abprs]-[A-Za-z0-9-]{20,}`)},
	{"a Stripe key", regexp.MustCompile(`\b[rs]k_live_[A-Za-z0-9]{20,}`)},
	{"a Google API key", regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}\b`)},
}

// Revealed says what secret is in a text: "a private key". It is "" where none
// is seen.
func Revealed(text string) string {
	for _, t := range tokens {
		if t.pattern.MatchString(text) {
			return t.what
		}
	}
	return ""
}

// secretName is the end of a setting's name whose value is for few to know.
var secretName = regexp.MustCompile(`(?i)(?:^|[_./ -])(?:password|passwd|passphrase|secret|secret_?key|private_?key|api_?key|access_?token|auth_?token|token|requirepass|masterauth)$`)

// harmlessValue is a value that a setting of such a name may have in public:
// nothing, a word that switches something, a variable, a path or a URL.
var harmlessValue = regexp.MustCompile(`(?i)^(?:|[*!]+|yes|no|on|off|true|false|none|null|disabled|enabled|required|optional|sha-?256|scram-sha-256|md5|\d+|.*\$.*|/.*|[a-z]+:.*|.*\.(?:key|pem|txt|conf)|%\(.*|<.*>)$`)

// revealedBy says what a setting's name and value give away, or "".
func revealedBy(name, value string) string {
	if what := Revealed(value); what != "" {
		return what
	}
	if secretName.MatchString(name) && !harmlessValue.MatchString(strings.TrimSpace(value)) {
		return "what " + name + " is to keep"
	}
	return ""
}

// keepsSecret refuses a text that everybody who has the image could read.
func (r *reader) keepsSecret(n *node, what string) {
	if what != "" {
		r.badValue(n, "an image can be read by all who have it: give it to the container when it starts, as a file or a variable; where a step needs it, [secret]", "this looks like a secret: %s", what)
	}
}

// revealedOp is what an operation would put into a file.
func revealedOp(op edit.Op) string {
	for _, text := range []string{op.Text, op.With, op.Body} {
		if what := Revealed(text); what != "" {
			return what
		}
	}
	for _, v := range op.To {
		if op.Verb != edit.Set {
			if what := Revealed(v.Text); what != "" {
				return what
			}
			continue
		}
		if what := revealedBy(op.Path.String(), v.Text); what != "" {
			return what
		}
	}
	return ""
}
